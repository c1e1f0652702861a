"""Reports: tables, plots and heat maps of runs. Everything here reads runs and measures nothing."""
