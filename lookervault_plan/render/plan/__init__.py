"""A plan in each of its formats, all written from one `PlanView`."""
