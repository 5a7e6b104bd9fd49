"""`--set PATH=VALUE` and the options that are settings too: reading them, applying them, guessing what was meant."""

from scripts.settings.setting import OPTIONS, Setting, changed, option_hint

__all__ = ["OPTIONS", "Setting", "changed", "option_hint"]
