"""A small authorization server: gives clients it knows tokens that a gateway can be told to take."""

import base64
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from serving import Log, Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

AUDIENCE = "gatehouse"


class AuthorizationServer:
    def __init__(self, client: str) -> None:
        self.client = client
        self.secret = secrets.token_urlsafe(24)
        self._key = ec.generate_private_key(ec.SECP256R1())
        #: The forms that clients sent for tokens.
        self.asked: list[dict[str, str]] = []
        well_known = "/.well-known/oauth-authorization-server/as"
        routes = [
            Route(well_known, self._metadata),
            Route("/as/jwks", self._keys),
            Route("/as/token", self._token, methods=["POST"]),
        ]
        self.log = Log(Starlette(routes=routes))
        self._server = Server(self.log)
        self.issuer = f"{self._server.url}/as"

    def stop(self) -> None:
        self._server.stop()

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "token_endpoint": f"{self.issuer}/token",
                "authorization_endpoint": f"{self.issuer}/authorize",
                "response_types_supported": ["code"],
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    async def _keys(self, request: Request) -> Response:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        return JSONResponse({"keys": [{**public, "kid": "one", "alg": "ES256", "use": "sig"}]})

    async def _token(self, request: Request) -> Response:
        pair = base64.b64encode(f"{self.client}:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        form = parse_qs((await request.body()).decode())
        self.asked.append({name: values[0] for name, values in form.items()})
        scope = self.asked[-1].get("scope", "")
        told: dict[str, Any] = {"token_type": "Bearer", "expires_in": 600, "scope": scope}
        return JSONResponse({**told, "access_token": self._minted(scope)})

    def _minted(self, scope: str) -> str:
        now = int(time.time())
        audience = [AUDIENCE, self.asked[-1].get("resource", "")]
        claims = {"iss": self.issuer, "sub": self.client, "aud": audience, "scope": scope}
        claims |= {"iat": now, "exp": now + 600}
        headers = {"kid": "one", "typ": "at+jwt"}
        return jwt.encode(claims, self._key, algorithm="ES256", headers=headers)
