"""The FG2018 challenge on the Stirling/ESRC data: seven landmarks, a similarity, distances from scan to mesh."""
