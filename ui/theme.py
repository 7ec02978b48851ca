"""Gradio's theme, told to use our colours. Weights 400 and 700 only: Gradio's bundled SemiBold fonts lack nearly all letters."""

from __future__ import annotations

from typing import Any

import gradio as gr


def metersieve_theme() -> Any:
    """A theme object, so that nothing is looked up on a hub. The colours are the tokens of styles/10_tokens.css."""
    fonts = gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"
    mono = gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"
    theme = gr.themes.Base(primary_hue="blue", secondary_hue="blue", neutral_hue="slate", font=list(fonts), font_mono=list(mono))
    return theme.set(
        **_both(
            body_background_fill="var(--ground)",
            body_text_color="var(--ink)",
            body_text_color_subdued="var(--ink-2)",
            background_fill_primary="var(--surface)",
            background_fill_secondary="var(--sunken)",
            block_background_fill="var(--surface)",
            block_border_color="var(--line)",
            block_label_background_fill="var(--surface)",
            block_label_text_color="var(--ink-2)",
            block_title_text_color="var(--ink-2)",
            block_info_text_color="var(--ink-2)",
            border_color_primary="var(--line)",
            border_color_accent="var(--accent)",
            color_accent_soft="var(--accent-soft)",
            link_text_color="var(--accent-ink)",
            input_background_fill="var(--surface)",
            input_border_color="var(--line-2)",
            input_placeholder_color="var(--ink-2)",
            button_primary_background_fill="#1f5eda",
            button_primary_background_fill_hover="#1a4fb8",
            button_primary_text_color="#ffffff",
            button_secondary_background_fill="var(--surface)",
            button_secondary_background_fill_hover="var(--sunken)",
            button_secondary_border_color="var(--line-2)",
            button_secondary_text_color="var(--ink)",
        ),
        block_radius="12px",
        input_radius="8px",
        block_shadow="none",
        block_title_text_size="12.5px",
        button_border_width="1px",
        button_large_padding="8px 16px",
        button_large_radius="8px",
        button_large_text_size="14px",
        button_large_text_weight="700",
        button_small_radius="8px",
        button_small_text_weight="700",
    )


def _both(**colours: str) -> dict[str, str]:
    """The same value for light and dark: the tokens themselves change with the theme."""
    return colours | {f"{name}_dark": value for name, value in colours.items()}
