"""Pretrained networks, run by onnxruntime: where their weights are, and what each one hears."""
