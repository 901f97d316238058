"""Issues labelled cases anew: other values, other field names, other disguises, by a seed.

Values follow what their issuers publish about format, ranges and check digits, and nothing of what
the gateway's patterns look for, so that both can be wrong only on their own. They are made at run
time: no file holds one.
"""
