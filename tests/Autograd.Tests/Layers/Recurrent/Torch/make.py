"""Writes the files beside it: recurrent layers of PyTorch 1.13 in float64, with their inputs, outputs and gradients.

Names: "model.…" the state_dict; "x", "h0", "c0" what goes in and "dy", "dh", "dc" the cotangents; "y", "h", "c" what comes out;
"grad.…" gradients by each of those. Metadata: the constructor's arguments, and lengths where sequences are packed.
"""
import json
import pathlib
import struct

import torch

torch.set_default_dtype(torch.float64)


def write(path, tensors, metadata):
    header, offset, data = {"__metadata__": metadata}, 0, []
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
        data.append(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def make(name, kind, seed, time, batch, lengths=None, given=True, **arguments):
    torch.manual_seed(seed)
    layer = getattr(torch.nn, kind)(**arguments)
    first = arguments.get("batch_first", False)
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    leaves = {"x": torch.randn(*((batch, time) if first else (time, batch)), layer.input_size, requires_grad=True)}
    if given:
        leaves["h0"] = torch.randn(places, batch, getattr(layer, "proj_size", 0) or layer.hidden_size, requires_grad=True)
        if kind == "LSTM":
            leaves["c0"] = torch.randn(places, batch, layer.hidden_size, requires_grad=True)
    state = None if not given else (leaves["h0"], leaves["c0"]) if kind == "LSTM" else leaves["h0"]
    x = leaves["x"]
    if lengths:
        x = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=first, enforce_sorted=False)
    y, last = layer(x, state)
    if lengths:
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=first, total_length=time)
    outputs = {"y": y, "h": last[0], "c": last[1]} if kind == "LSTM" else {"y": y, "h": last}
    cotangents = {"d" + key: torch.randn_like(value) for key, value in outputs.items()}
    torch.autograd.backward(list(outputs.values()), list(cotangents.values()))
    tensors = {"model." + key: value for key, value in layer.state_dict().items()}
    tensors.update(leaves)
    tensors.update(cotangents)
    tensors.update(outputs)
    tensors.update({"grad." + key: value.grad for key, value in leaves.items()})
    tensors.update({"grad.model." + key: value.grad for key, value in layer.named_parameters()})
    metadata = {"kind": kind, "torch": torch.__version__, **{key: str(value) for key, value in arguments.items()}}
    if lengths:
        metadata["lengths"] = " ".join(map(str, lengths))
    write(pathlib.Path(__file__).parent / (name + ".safetensors"), tensors, metadata)


make("lstm", "LSTM", 1, 4, 2, input_size=3, hidden_size=4)
make("lstm_deep", "LSTM", 2, 5, 3, [3, 5, 2], input_size=3, hidden_size=5, proj_size=2, num_layers=3, bidirectional=True, batch_first=True)
make("lstm_plain", "LSTM", 3, 3, 2, given=False, input_size=2, hidden_size=3, num_layers=2, bias=False)
make("gru", "GRU", 4, 5, 3, [1, 5, 4], input_size=3, hidden_size=4, num_layers=2, bidirectional=True)
make("gru_plain", "GRU", 5, 6, 1, given=False, input_size=4, hidden_size=3, batch_first=True)
make("rnn", "RNN", 6, 5, 3, [5, 2, 2], input_size=3, hidden_size=4, num_layers=2, bidirectional=True, batch_first=True)
make("rnn_relu", "RNN", 7, 4, 2, input_size=3, hidden_size=4, num_layers=3, nonlinearity="relu", bias=False)
