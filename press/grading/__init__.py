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
archives      what a zip or tar archive holds, opened as if an enemy had packed it
files         what lies in folders and archives, and what could not be read
senders       whose work a folder or file is, by its name
cells         the cells of a notebook, whatever an editor made of it
answers       which cells belong to which exercise, and whether somebody wrote there
submissions   what each student handed in, and in which notebook each answer stands
explanations  what was written to the tasks that a person marks
room          what is marked in one room
asked         a check asks an answer, and the same inputs again
cap           an end to a check that comes to none
judge         one submission: checks, hidden inputs, personal numbers
verdicts      what came of it
unrun         which lines did not run and which functions are missing, in their writer's words
texts         what a person marks of one student
own_numbers   whose personal numbers those in a notebook are, and what the answer to them gets
credit        part of the points for a known slip
marks         the log from which an interrupted run goes on, and the table
by_hand       the sheet for what a person marks, and its way back
likeness      the same answers, and answers that call the library
spreadsheet   csv that is safe to open, and is read however it was saved
markup        Markdown with formulas as HTML that runs and loads nothing
pages         a page for each student, and one with all explanations

It isolates the answers of an honest classroom from each other and from the marks. It is no sandbox for hostile code: run it
in a container or a virtual machine where you would not run the students' code yourself.
"""
