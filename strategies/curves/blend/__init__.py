"""The law of a later price as a blend of simple laws, weighed by how well each has foretold this very series."""

from strategies.curves.blend.blend import Blend, blend_of
from strategies.curves.blend.history import History, history_of
from strategies.curves.blend.law import Law
from strategies.curves.blend.present import Present, present

__all__ = ["Blend", "History", "Law", "Present", "blend_of", "history_of", "present"]
