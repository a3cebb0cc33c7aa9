"""A customer's account to test with: an admin, users, channels with their rules, connectors' tokens."""

import itertools

import shapes
from signalbox_client import Agent, Connector

PASSWORD = "a password that nobody uses 1!"
numbers = itertools.count(1)

founded = shapes.record({"account": shapes.some, "inbox": shapes.inbox, "user": shapes.user, "token": shapes.filled})
opened = shapes.record({"token": shapes.filled, "user": shapes.user, "expires_at": shapes.moment})
token_made = shapes.record({"id": shapes.ident("tok"), "token": shapes.filled}, more=True)


class Member:
    """A user with a session of their own."""

    def __init__(self, company, user, token=None):
        self.company, self.id, self.user = company, user["id"], user
        if token is None:
            token = company.server.http().post("/v1/sessions", {"email": user["email"], "password": PASSWORD}, opened, 201)["token"]
        self.token = token
        self.http = company.server.http(token)

    def be(self, status):
        return self.http.put(f"/v1/users/{self.id}/availability", {"status": status}, shapes.availability)

    def agent(self, **options):
        """A socket of this user's, to be opened."""
        return Agent(self.company.server.port, self.token, **options)


class Company:
    def __init__(self, server, plan="enterprise", name=None):
        self.server = server
        self.number = next(numbers)
        name = name or f"Company {self.number}"
        made = server.operator.post("/v1/accounts", {
            "name": name, "subdomain": f"company-{self.number}", "plan": plan,
            "admin": {"first_name": "Ada", "last_name": "Admin", "email": f"admin@company-{self.number}.example", "password": PASSWORD},
        }, founded, 201)
        self.account, self.inbox = made["account"], made["inbox"]["id"]
        self.admin = Member(self, made["user"], made["token"])
        self.http = self.admin.http

    def user(self, name, seat="paid", **fields):
        body = {"first_name": name, "last_name": "Agent", "email": f"{name.lower()}@company-{self.number}.example",
                "password": PASSWORD, "seat": seat} | fields
        return Member(self, self.http.post("/v1/users", body, shapes.user, 201))

    def agents(self, count, capacity=None, available=True):
        made = [self.user(f"Agent{n}", **({} if capacity is None else {"capacity": capacity})) for n in range(1, count + 1)]
        for each in made if available else ():
            each.be("available")
        return made

    def team(self, name, *members):
        body = {"name": name, "members": [{"user": m.id, "main": True} for m in members]}
        return self.http.post("/v1/teams", body, shapes.team, 201)["id"]

    def channel(self, name="channel", inbox=None, users=None, **rule):
        """Connects one; with `users` (or any word of a rule) it assigns automatically."""
        path = f"/v1/inboxes/{inbox or self.inbox}/channels"
        made = self.http.post(path, {"type": "custom", "name": name}, shapes.channel, 201)["id"]
        if users is not None or rule:
            self.rule(made, users or [], **rule)
        return made

    def rule(self, channel, users=(), **more):
        body = {"enabled": True, "assign_to": "specific", "users": [u.id for u in users], "teams": [], "only_available": True,
                "strategy": "balanced", "queue": True, "fallback": {"users": [], "teams": []}} | more
        return self.http.put(f"/v1/channels/{channel}/assignment", body, shapes.assignment_rule)

    def connector_token(self, *channels):
        body = {"kind": "connector", "name": f"connector {next(numbers)}", "channels": list(channels)}
        return self.http.post("/v1/tokens", body, token_made, 201)["token"]

    def connector(self, *channels, token=None, **options):
        """A connector's socket, to be opened."""
        return Connector(self.server.port, token or self.connector_token(*channels), **options)

    def conversations(self, **query):
        return self.http.all("/v1/conversations", shapes.conversation, **query)

    def conversation(self, which):
        return self.http.get(f"/v1/conversations/{which}", shapes.conversation)

    def history(self, which):
        return self.http.all(f"/v1/conversations/{which}/history", shapes.history_entry)

    def messages(self, which, direction=None):
        return [e for e in self.history(which) if e["type"] == "message" and direction in (None, e["direction"])]

    def by_thread(self):
        """{thread: conversation}; fails when a thread stands twice."""
        found = {}
        for each in self.conversations():
            if each["thread"] in found:
                raise AssertionError(f"thread {each['thread']} is {found[each['thread']]['id']} and {each['id']}")
            found[each["thread"]] = each
        return found
