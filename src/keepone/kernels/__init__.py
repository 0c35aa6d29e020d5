"""Arrow batch in, Arrow batch out: what SQL cannot say."""
