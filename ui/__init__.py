"""What people and programs see: REST under /api/v1, /media, /healthz, /metrics, and the Gradio pages at /."""
