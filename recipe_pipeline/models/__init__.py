"""The small model: base, tokenizer, prompts, answers, GGUF export."""
