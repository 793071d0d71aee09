"""What one session record is: columns, conditions, measures, rules, derived outcomes, the plan, reference tables."""
