"""Idempotency-Key on every POST that makes or changes something, with SIGKILL between the first and the second call."""

from company import PASSWORD, Company
from signalbox_client import message
from system_test import SystemTest, main


class Keys(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(environment={"SIGNALBOX_WEBHOOKS_ALLOW_PRIVATE": "true"})
        self.company = Company(self.server)
        self.http = self.company.http
        self.ann = self.company.user("Ann")
        self.ann.be("available")
        self.channel = self.company.channel()
        self.calls = []

    def open(self, thread):
        body = {"messages": [message(self.channel, thread, 0)]}
        return self.http.post(f"/v1/channels/{self.channel}/messages", body, None, 200)["results"][0]["conversation"]

    def call(self, path, body=None, http=None):
        """Makes it with a key of its own, to be repeated later."""
        http = http or self.http
        key = f"key {len(self.calls)}"
        answer = http.post(path, body, None, None, Idempotency_Key=key)
        self.calls.append((http, path, body, key, answer))
        return answer

    def counted(self):
        """How many there are of all that was made."""
        lists = ("users", "teams", "tokens", "inboxes", "pipelines", "tickets", "contacts", "webhooks", "conversations")
        found = {name: len(self.http.all(f"/v1/{name}")) for name in lists}
        found["channels"] = len(self.http.all(f"/v1/inboxes/{self.company.inbox}/channels"))
        found["history"] = {one["id"]: len(self.company.history(one["id"])) for one in self.http.all("/v1/conversations")}
        found["accounts"] = len(self.server.operator.all("/v1/accounts"))
        return found

    def test_every_post_is_carried_out_once_across_a_kill(self):
        inbox, spoken = self.company.inbox, self.open("spoken")
        self.call("/v1/users", {"first_name": "Bo", "last_name": "B", "email": "bo@keys.example", "seat": "paid", "password": PASSWORD})
        self.call("/v1/teams", {"name": "Support", "members": []})
        self.call("/v1/inboxes", {"name": "Second", "access": {"mode": "everyone", "users": [], "teams": []}})
        self.call(f"/v1/inboxes/{inbox}/channels", {"type": "chat", "name": "Chat"})
        self.call("/v1/pipelines", {"name": "Ways", "stages": [{"name": "First"}]})
        self.call("/v1/tickets", {"conversation": spoken})
        self.call(f"/v1/conversations/{spoken}/messages", {"text": "a reply"})
        self.call(f"/v1/conversations/{spoken}/comments", {"text": "a comment"})
        kept = self.call("/v1/contacts", {"name": "Cleo"})["id"]
        merged = self.http.post("/v1/contacts", {"name": "Dan"}, None, 201)["id"]
        self.call(f"/v1/contacts/{merged}/merge", {"into": kept})
        hook = self.call("/v1/webhooks", {"url": "http://127.0.0.1:1/", "on": False})["id"]
        rotated = self.call(f"/v1/webhooks/{hook}/rotate-secret")
        self.call(f"/v1/webhooks/{hook}/redeliver", {"status": "dead"})
        self.call(f"/v1/inboxes/{inbox}/fallback-email/verify", {"address": f"team@{self.company.account['subdomain']}.example"})

        gone = self.open("gone")
        self.http.delete(f"/v1/conversations/{gone}")
        self.call(f"/v1/conversations/{gone}/restore")
        self.http.delete(f"/v1/conversations/{gone}")

        before = self.counted()
        self.server.restart_after_kill()
        for http, path, body, key, answer in self.calls:
            again = http.post(path, body, None, None, Idempotency_Key=key)
            with self.subTest(path=path):
                self.assertEqual(again.get("id"), answer.get("id"))
                self.assertEqual(again.keys(), answer.keys())
                for shown in ("deliveries", "verified", "text"):
                    self.assertEqual(again.get(shown), answer.get(shown))
                if "secret" in answer:
                    self.assertEqual(again["secret"], rotated["secret"], "as it is now")
        self.assertEqual(self.counted(), before)
        self.assertEqual([one["id"] for one in self.http.all("/v1/conversations", view="deleted", inbox=inbox)], [gone])

    def test_a_token_is_made_once_and_its_secret_shown_once(self):
        body = {"kind": "user", "name": "mine"}
        made = self.http.post("/v1/tokens", body, None, 201, Idempotency_Key="k")
        self.assertEqual(self.http.post("/v1/tokens", body, None, 201, Idempotency_Key="k"), made)
        self.server.restart_after_kill()
        refused = self.assertProblem("conflict", self.http.post, "/v1/tokens", body, status=409, Idempotency_Key="k")
        self.assertIn(made["id"], refused.body["detail"])
        self.assertEqual([one["id"] for one in self.http.all("/v1/tokens")], [made["id"]])
        self.assertEqual(self.server.http(made["token"]).get("/v1/account")["id"], self.company.account["id"])
        self.http.delete(f"/v1/tokens/{made['id']}")
        self.server.restart_after_kill()
        self.assertProblem("not_found", self.http.post, "/v1/tokens", body, status=404, Idempotency_Key="k")

    def test_an_account_is_founded_once_and_its_founder_let_in_again(self):
        body = {"name": "Bolt", "subdomain": "bolt", "plan": "starter",
                "admin": {"first_name": "Bo", "last_name": "B", "email": "bo@bolt.example", "password": PASSWORD}}
        made = self.server.operator.post("/v1/accounts", body, None, 201, Idempotency_Key="k")
        self.server.restart_after_kill()
        again = self.server.operator.post("/v1/accounts", body, None, 201, Idempotency_Key="k")
        for part in ("account", "inbox", "user"):
            self.assertEqual(again[part]["id"], made[part]["id"])
        self.assertEqual(self.server.http(again["token"]).get("/v1/account")["id"], made["account"]["id"])
        self.assertEqual(len(self.server.operator.all("/v1/accounts")), 2)
        self.assertProblem("address_taken", self.server.operator.post, "/v1/accounts", body, Idempotency_Key="other")


if __name__ == "__main__":
    main()
