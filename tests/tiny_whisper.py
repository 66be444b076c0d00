"""A whole checkpoint in Whisper's format, small enough for a test, that hears the same words in every sound.

Its position decides what it says: each position's embedding is that of the token that comes next. So the real
loading, decoding and timing run, and what comes out is known. (It is no ear; that is not what is tested.)
"""

from __future__ import annotations

from pathlib import Path


def write_tiny_whisper(path: Path, words: str, end_s: float = 4.0, language: str = "en") -> Path:
    """A checkpoint that hears `words` in the first `end_s` seconds of every half minute."""
    import torch
    from whisper.model import ModelDimensions, Whisper
    from whisper.tokenizer import get_tokenizer

    torch.manual_seed(0)
    width = 64
    sizes = ModelDimensions(80, 1500, width, 2, 1, 51865, 448, width, 2, 2)
    tokenizer = get_tokenizer(True, language=language, task="transcribe")
    start = tokenizer.timestamp_begin
    said = [start, *tokenizer.encode(f" {words}"), start + round(end_s / 0.02)]
    next_tokens = [tokenizer.to_language_token(language), tokenizer.transcribe, *said]
    network = Whisper(sizes)
    with torch.no_grad():
        tokens = torch.nn.functional.normalize(torch.randn(sizes.n_vocab, width), dim=1)
        network.decoder.token_embedding.weight.copy_(tokens)
        network.decoder.positional_embedding.copy_(10 * tokens[tokenizer.eot].expand(sizes.n_text_ctx, -1))
        for position, token in enumerate(next_tokens):
            network.decoder.positional_embedding[position] = 10 * tokens[token]
        for block in network.decoder.blocks:
            for layer in (block.attn.out, block.cross_attn.out, block.mlp[2]):
                layer.weight.zero_()
                layer.bias.zero_()
        network.decoder.ln.weight.fill_(8.0)
        network.decoder.ln.bias.zero_()
    torch.save({"dims": vars(sizes), "model_state_dict": network.state_dict()}, path)
    return path
