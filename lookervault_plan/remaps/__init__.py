"""Read `remaps.yml`: the destination's ids and names for things of the backup. Pure."""
