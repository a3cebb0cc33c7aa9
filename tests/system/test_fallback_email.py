"""HTTP: the fallback e-mail address, its verification through the outbox, addresses over the whole server, filters."""

import re

import shapes
from company import Company
from signalbox_client import message
from system_test import SystemTest, main

settings = shapes.record({
    "address": shapes.filled, "forwarding_address": shapes.filled, "receives": shapes.items(shapes.filled), "send": shapes.flag,
    "from_name": shapes.record({"mode": shapes.word("agent_and_company", "company"), "company": shapes.filled}),
    "from_address": shapes.record({"mode": shapes.word("default", "custom"), "custom": shapes.maybe(shapes.filled), "verified": shapes.flag}),
    "signature": shapes.record({"html": shapes.text, "on": shapes.flag}), "original_sender": shapes.flag, "version": shapes.whole})
verified = shapes.record({"verified": shapes.flag})
preview = shapes.record({"from_name": shapes.filled, "from_address": shapes.filled, "signature_html": shapes.maybe(shapes.text)})
mail = shapes.record({"id": shapes.ident("msg"), "to": shapes.filled, "subject": shapes.filled, "text": shapes.filled, "created_at": shapes.moment})
filters = shapes.record({"allow": shapes.items(shapes.filled), "deny": shapes.items(shapes.filled), "automated_responses": shapes.flag,
                         "own_addresses": shapes.flag, "version": shapes.whole})


class FallbackCase(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(environment={"SIGNALBOX_MAIL_PAID_DOMAIN": "paid.example", "SIGNALBOX_MAIL_FREE_DOMAIN": "free.example"})
        self.company = Company(self.server)
        self.http = self.company.http

    def path(self, company=None, after=""):
        return f"/v1/inboxes/{(company or self.company).inbox}/fallback-email{after}"

    def code_sent_to(self, address):
        text = next(m["text"] for m in reversed(self.server.operator.all("/v1/outbox/mails", mail)) if m["to"] == address)
        return re.search(r"enter the code\s+(\S+)", text)[1]

    def verify(self, address, code=None, company=None):
        body = {"address": address} | ({} if code is None else {"code": code})
        return (company or self.company).http.post(self.path(company, "/verify"), body, verified, 200)["verified"]

    def body(self, **more):
        return {"from_name": {"mode": "agent_and_company", "company": "Acme Bakery"}} | more


class FallbackAddress(FallbackCase):
    def test_S5_S33_S34_S35_there_from_the_start_on_the_plans_domain(self):
        for plan, domain, other in (("free", "free.example", "paid.example"), ("starter", "paid.example", "free.example")):
            company = Company(self.server, plan=plan)
            now = company.http.get(self.path(company), settings)
            self.assertEqual(now["address"], f"conversations@company-{company.number}.{domain}")
            company.http.patch("/v1/account", {"plan": "free" if plan == "starter" else "starter"})
            after = company.http.get(self.path(company), settings)
            self.assertEqual(after["address"], f"conversations@company-{company.number}.{other}")
            self.assertEqual(after["forwarding_address"], now["forwarding_address"], "S38")
            self.assertLessEqual({now["address"], after["address"], now["forwarding_address"]}, set(after["receives"]))

    def test_S36_a_foreign_address_is_verified_by_the_code_that_is_mailed_to_it(self):
        custom = self.body(from_address={"mode": "custom", "custom": "Help@acme.example"})
        self.assertProblem("address_unverified", self.http.put, self.path(), custom, status=409)
        self.assertFalse(self.verify("help@acme.example"))
        self.assertProblem("access_denied", self.http.get, "/v1/outbox/mails", status=403)
        code = self.code_sent_to("help@acme.example")
        self.assertFalse(self.verify("help@acme.example", "0" * 8))
        self.server.restart_after_kill()
        self.assertTrue(self.verify("HELP@acme.example", code.lower()))
        self.assertEqual(self.http.put(self.path(), custom, settings)["address"], "Help@acme.example")
        self.server.restart_after_kill()
        self.assertTrue(self.http.get(self.path(), settings)["from_address"]["verified"])
        self.assertNotIn(code, str(self.http.get(self.path())))

        other = Company(self.server)
        taken = "address_taken"
        self.assertProblem(taken, other.http.post, self.path(other, "/verify"), {"address": "help@ACME.example"}, status=409)
        channel = {"type": "email", "name": "Mail", "address": "help@acme.example"}
        self.assertProblem(taken, other.http.post, f"/v1/inboxes/{other.inbox}/channels", channel, status=409)
        self.http.put(self.path(), self.body(), settings)
        self.assertProblem("address_unverified", self.http.put, self.path(), custom)
        other.http.post(f"/v1/inboxes/{other.inbox}/channels", channel, shapes.channel, 201)
        self.assertProblem(taken, self.http.post, self.path(after="/verify"), {"address": "help@acme.example"})
        self.server.stop()
        self.server.verify()

    def test_S36_guesses_are_counted(self):
        self.assertFalse(self.verify("help@acme.example"))
        self.assertProblem("rate_limited", self.http.post, self.path(after="/verify"), {"address": "other@acme.example"}, status=429)
        for guess in range(5):
            self.assertFalse(self.verify("help@acme.example", f"GUESS{guess}"))
        self.assertFalse(self.verify("help@acme.example", self.code_sent_to("help@acme.example")))

    def test_S30_S41_S42_S43_settings_are_checked_sanitised_and_previewed(self):
        sales = self.http.post("/v1/inboxes", {"name": "Sales"}, shapes.inbox, 201)["id"]
        self.http.put(f"/v1/inboxes/{sales}/fallback-email", self.body(), settings)
        self.assertProblem("from_name_taken", self.http.put, self.path(),
                           {"from_name": {"mode": "agent_and_company", "company": " ACME bakery"}}, status=409)
        html = "<p onclick='a()'>{{full_name}}</p><script>a()</script><a href='javascript:a()'>x</a>"
        body = {"from_name": {"mode": "agent_and_company", "company": "Acme"}, "signature": {"html": html, "on": True}}
        before = self.http.get(self.path(), settings)
        grace = self.company.user("Grace")
        seen = self.http.post(self.path(after="/preview"), body | {"user": grace.id}, preview, 200)
        self.assertEqual((seen["from_name"], seen["signature_html"]), ("Grace from Acme", "<p>Grace Agent</p><a>x</a>"))
        self.assertEqual(self.http.get(self.path(), settings), before)
        now = self.http.put(self.path(), body, settings, If_Match=before["version"])
        self.assertEqual(now["signature"]["html"], "<p>{{full_name}}</p><a>x</a>")
        self.assertProblem("version_conflict", self.http.put, self.path(), body, status=412, If_Match=before["version"])
        self.assertProblem("access_denied", grace.http.put, self.path(), body, status=403)


class FilteredMail(FallbackCase):
    async def test_A50_a_denied_sender_is_kept_apart_and_assigned_to_nobody(self):
        ada, = self.company.agents(1)
        path = f"/v1/inboxes/{self.company.inbox}"
        channel = self.http.post(path + "/channels", {"type": "email", "name": "Mail", "address": "help@acme.example"}, shapes.channel, 201)["id"]
        self.company.rule(channel, [ada])
        put = self.http.put(path + "/filters", {"deny": ["spam.example"], "allow": ["friend@spam.example"]}, filters)
        self.assertEqual(self.http.get(path + "/filters", filters), put)
        async with ada.agent() as agent, self.company.connector(channel) as connector:
            await connector.publish([
                message(channel, "bad", 1, sender={"id": "1", "email": "Bad@deep.Spam.example"}),
                message(channel, "loop", 1, sender={"id": "2", "email": "help@acme.example"}),
                message(channel, "friend", 1, sender={"id": "3", "email": "friend@spam.example"})])
            await agent.event("assignment.created", lambda d: d["conversation"]["thread"] == "friend")
            spam = self.company.conversations(view="spam")
            self.assertEqual({c["thread"] for c in spam}, {"bad", "loop"})
            for each in spam:
                self.assertTrue(each["spam"])
                self.assertIsNone(each["assignee"])
                self.assertIsNone(each["waiting_since"])
            self.assertEqual(set(self.company.by_thread()), {"friend"}, "S12: in no other list")
            self.assertEqual(len(agent.of("assignment.created")), 1)


if __name__ == "__main__":
    main()
