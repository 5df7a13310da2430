"""Stages 5 and 6: LoRA finetuning, tracking and sweeps."""
