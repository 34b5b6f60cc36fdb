"""What the venue's desk may set in a small market, as hypothesis draws it."""

from __future__ import annotations

from hypothesis import strategies as st

from exchange.domain.enums import CommandKind, Scope


def _setting(kind: CommandKind, **columns: list[int]) -> st.SearchStrategy[tuple[CommandKind, dict[str, int]]]:
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in columns.items()}).map(
        lambda values: (kind, values)
    )


SETTINGS = st.one_of(
    _setting(CommandKind.MARK, price_ticks=[3, 1, 6, 0]),
    _setting(
        CommandKind.BANDS,
        price_ticks=[3, 4, 0],
        maker_fee_bps=[0, 0, 5_000],
        taker_fee_bps=[2_500, 5_000],
        amount=[1, 15],
    ),
    _setting(CommandKind.BANDS, price_ticks=[3, 4, 0], maker_fee_bps=[0, 0, 5_000]),
    _setting(
        CommandKind.LIMITS,
        option=list(Scope),
        amount=[0, 5, 20],
        price_ticks=[0, 0, 1, 3],
        display_lots=[0, 0, 4],
        maker_fee_bps=[0, 0, 5_000],
    ),
    _setting(CommandKind.LIMITS, expiry_ns=[10], minimum_lots=[2]),
    _setting(CommandKind.LIMITS, option=list(Scope)),
    _setting(CommandKind.PROTECT, lots=[1, 5, 0], amount=[0, 1, 5], expiry_ns=[20]),
    _setting(CommandKind.PROTECT),
    _setting(CommandKind.RESET),
    _setting(CommandKind.GROUP, lots=[0, 1]),
    _setting(CommandKind.MARGIN_TERMS, maker_fee_bps=[0, 5_000], option=[1]),
    _setting(CommandKind.MARGIN_TERMS),
    _setting(
        CommandKind.MARGIN,
        price_ticks=[3, 4, 0],
        lots=[3, 5, 20],
        **{word: [4 + (3 << 32), 2 + (5 << 32)] for word in ("text_0", "text_1", "text_2", "text_3")},
        **{word: [4 + (3 << 32)] for word in ("order_id", "expiry_ns", "amount")},
    ),
)
