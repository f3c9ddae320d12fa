"""Grading of many submissions: student code in a limited child, the check in the parent, and arrays between them.

transport     values as bytes: JSON for the shape of a value, npz for its arrays, never pickle
limits        what a child gives up before it runs a line of a student
server        the process that has numpy and torch imported, and forks a child for each submission
child         what the child does: run the cells, then answer calls
session       the parent's end: a function of the student's that is called as if it were here
submissions   which notebooks were handed in, by whom, and what is in them
judge         one submission: checks, hidden inputs, personal numbers
marks         the log from which an interrupted run goes on, and the table
pages         a page for each student, and a sheet for what a person marks

It isolates the answers of an honest classroom from each other and from the marks. It is no sandbox for hostile code: run it
in a container or a virtual machine where you would not run the students' code yourself.
"""
