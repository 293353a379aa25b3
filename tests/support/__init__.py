"""What several tests need: made-up records, clips, plug-ins, short trainings."""
