"""Many charts: found, screened by any executor, written as one line each. One bad file stops nothing.

    find -> (executor: guard -> worker) -> journal -> tables, report

``worker`` screens one chart in a process of its own; ``guard`` watches that process; ``run`` keeps the executor busy and writes
down what comes back.
A worker imports this package too, so what only the command needs (``run``) is not imported here.
"""
