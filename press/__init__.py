"""The press: what turns the committed notebooks into everything that is read, run and taught from.

``python -m press VERB``; each verb is a module of the same name.
"""
