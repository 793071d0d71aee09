"""The forms sessions are typed into: our workbook, REDCap, and the dictionary that describes the columns."""
