"""Grading of many submissions: student code in a limited child, the check in the parent, and arrays between them.

transport     values as bytes: JSON for the shape of a value, npz for its arrays, never pickle
walls         namespaces: no network, processes of its own, nothing that can be written but folders of its own
limits        seconds, memory, files and processes that a child may use
patience      how long to wait for a child, by its own time: a call, a cell, a submission, a pile
processes     how processes end, and how the folders that they leave are removed
server        the process that has numpy and torch imported, and forks a child for each submission
fork          the grader's end of it
source        a cell as single statements, read as IPython reads it
magics        what stands in for IPython when they run
progress      where a child is in its notebook
child         what the child does: run the cells statement by statement, then answer calls
faults        what was wrong with a notebook's lines, in words that its writer understands
session       one submission: its functions, called as if they were here, and the lines that did not run
submissions   which notebooks were handed in, by whom, and what is in them
judge         one submission: checks, hidden inputs, personal numbers
marks         the log from which an interrupted run goes on, and the table
pages         a page for each student, and a sheet for what a person marks

It isolates the answers of an honest classroom from each other and from the marks. It is no sandbox for hostile code: run it
in a container or a virtual machine where you would not run the students' code yourself.
"""
