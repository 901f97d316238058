"""The customer database as a JSON API.

GET /customers, GET /customers/{id}, DELETE /customers/{id}, POST /query {"sql": "..."}.
"""

import json
import sqlite3

from database import Database
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def failure(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)


def routes(database: Database) -> list[Route]:
    async def every(request: Request) -> JSONResponse:
        return JSONResponse({"customers": database.customers()})

    async def one(request: Request) -> JSONResponse:
        number = request.path_params["id"]
        if request.method == "DELETE":
            if not database.delete_customer(number):
                return failure(404, "no such customer")
            return JSONResponse({"deleted": number})
        row = database.customer(number)
        return JSONResponse(row) if row else failure(404, "no such customer")

    async def query(request: Request) -> JSONResponse:
        try:
            sql = (await request.json())["sql"]
            return JSONResponse({"rows": database.run(sql)})
        except (json.JSONDecodeError, KeyError, TypeError):
            return failure(400, 'the body must be {"sql": "..."}')
        except (sqlite3.Error, sqlite3.Warning) as problem:
            return failure(400, str(problem))

    return [
        Route("/customers", every, methods=["GET"]),
        Route("/customers/{id:int}", one, methods=["GET", "DELETE"]),
        Route("/query", query, methods=["POST"]),
    ]
