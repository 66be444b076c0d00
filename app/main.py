"""The page: wiring only. Start it with `python -m streamlit run app/main.py`, or with `reprise app`.

Streamlit runs this file twice over: once for the server, which mounts the players' sounds beside the page,
and then at each visit and click, to draw.
"""

from streamlit import runtime
from streamlit.starlette import App

from app.routes.serving import begin_serving, middleware
from app.routes.sounds import sound_routes
from app.ui.drawing import page_fault
from app.ui.opened import opened
from app.ui.page import draw_page

if runtime.exists():
    draw_page()
else:
    begin_serving()
    app = App(__file__, routes=sound_routes(opened), middleware=middleware(), on_script_error=page_fault)
