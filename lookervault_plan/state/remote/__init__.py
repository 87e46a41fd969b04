"""Keep the states of destinations in a store that many machines share."""
