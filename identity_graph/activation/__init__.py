"""What audiences change, sent to where they are used: what is pending, the writers, and the record of what arrived."""
