# Of what callgrind wrote: the instructions of the whole process, and of those what libsslmode.so executed itself.
# The line after "calls=" is what the callee cost, which its own object counts.
/^ob=/ { ours = /libsslmode/ }
/^calls=/ { getline; next }
/^[0-9+-]/ && ours { own += $2 }
/^(summary|totals):/ { all = $2 }
END { print all, own + 0 }
