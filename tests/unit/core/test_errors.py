from fsbench.core.errors import FormatError


def test_what_a_file_says_cannot_flood_or_colour_a_terminal() -> None:
    text = str(FormatError("x.npy: holds \x1b[31mred\ud800 " + "k" * 5_000_000))
    assert text.startswith("x.npy: holds \\x1b[31mred\\ud800 kkk") and text.endswith("kkk ...")
    assert len(text) < 5000


def test_lines_and_letters_of_any_language_stay() -> None:
    assert str(FormatError("näher\n\tgelegen 顔")) == "näher\n\tgelegen 顔"
