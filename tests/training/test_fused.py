"""The fused pieces equal the plain ones: values and gradients."""

import pytest

torch = pytest.importorskip("torch")

from recipe_pipeline.training.fused import fused_layers, lora_linear, rms_norm  # noqa: E402
from tests.tiny_gemma import write_tiny_model  # noqa: E402

DTYPES = [torch.float32, torch.bfloat16]


def numbers(*shape, seed=0, dtype=torch.float32, grad=True):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).mul_(0.5).to(dtype).requires_grad_(grad)


def assert_same(ours, theirs, inputs, copies, dtype):
    tolerance = {"rtol": 3e-2, "atol": 3e-2} if dtype is torch.bfloat16 else {}
    torch.testing.assert_close(ours, theirs, **tolerance)
    slope = numbers(*ours.shape, seed=9, dtype=ours.dtype, grad=False)
    ours.backward(slope)
    theirs.backward(slope)
    for our, their in zip(inputs, copies, strict=True):
        torch.testing.assert_close(our.grad, their.grad, **tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1, 12), (2, 7, 12), (1, 3, 4, 12)])
def test_norm(dtype, shape):
    x, copy = numbers(*shape, dtype=dtype), numbers(*shape, dtype=dtype)
    weight = numbers(12, seed=1, dtype=dtype, grad=False)
    wide = copy.float()
    wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6) * (1 + weight.float())
    assert_same(rms_norm(x, weight, 1e-6), wide.to(dtype), [x], [copy], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scaling", [1.0, 0.25])
@pytest.mark.parametrize("rows", [(1, 1), (1, 13), (2, 5)])
def test_lora_projection(dtype, scaling, rows):
    def tensors():
        x = numbers(*rows, 24, dtype=dtype)
        down, up = numbers(4, 24, seed=2), numbers(10, 4, seed=3)
        return x, numbers(10, 24, seed=1, dtype=dtype, grad=False), down, up

    x, weight, down, up = tensors()
    copy, _, copied_down, copied_up = tensors()
    plain = copy @ weight.T
    plain = plain + (copy @ copied_down.T.to(dtype) @ copied_up.T.to(dtype)) * scaling
    output = lora_linear(x, weight, down, up, scaling)
    assert output.dtype == dtype
    assert_same(output, plain, [x, down, up], [copy, copied_down, copied_up], dtype)
    assert down.grad.dtype == torch.float32


def tiny_lora(folder, **options):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    targets = ["q_proj", "v_proj", "down_proj"]
    model = write_tiny_model(folder).float()
    model = get_peft_model(model, LoraConfig(r=4, target_modules=targets, **options)).train()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    return model


def gradients(model, ids, **inputs):
    model.zero_grad()
    loss = model(input_ids=ids, use_cache=False, **{"labels": ids, **inputs}).loss
    loss.backward()
    return loss.detach(), {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("tokens", [1, 50])
def test_a_model_gives_the_same_loss_and_gradients_and_is_left_as_it_was(tmp_path, tokens):
    model = tiny_lora(tmp_path, lora_alpha=2)
    ids = torch.randint(266, 350, (2, tokens + 1), generator=torch.Generator().manual_seed(1))
    plain_loss, plain = gradients(model, ids)
    with fused_layers(model):
        kinds = {type(m).__name__ for m in model.modules() if "forward" in vars(m)}
        assert kinds == {"Linear", "Gemma3RMSNorm"}
        loss, ours = gradients(model, ids)
    assert not any("forward" in vars(module) for module in model.modules())
    torch.testing.assert_close(loss, plain_loss)
    assert ours.keys() == plain.keys()
    for name, gradient in ours.items():
        torch.testing.assert_close(gradient, plain[name], rtol=1e-4, atol=1e-6)


def test_padding_changes_no_gradient(tmp_path):
    model = tiny_lora(tmp_path, lora_alpha=2)
    ids = torch.randint(266, 350, (2, 21), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    labels = ids.masked_fill(mask == 0, -100)
    plain_loss, plain = gradients(model, ids, attention_mask=mask, labels=labels)
    with fused_layers(model):
        loss, ours = gradients(model, ids, attention_mask=mask, labels=labels)
    torch.testing.assert_close(loss, plain_loss)
    for name, gradient in ours.items():
        torch.testing.assert_close(gradient, plain[name], rtol=1e-4, atol=1e-6)


def test_dropout_keeps_the_projections_plain(tmp_path):
    model = tiny_lora(tmp_path, lora_dropout=0.1)
    with fused_layers(model):
        kinds = {type(m).__name__ for m in model.modules() if "forward" in vars(m)}
    assert kinds == {"Gemma3RMSNorm"}
