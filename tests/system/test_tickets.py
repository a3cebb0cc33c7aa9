"""Tickets and pipelines, as users of the HTTP interface meet them."""

import shapes
from company import Company
from signalbox_client import message
from system_test import SystemTest, main

OWNERS = shapes.word("conversation_owner", "contact_owner", "none")
rule_shape = shapes.record({"enabled": shapes.flag, "pipeline": shapes.ident("pip"), "stage": shapes.ident("stg"),
                            "owner": shapes.either(OWNERS, shapes.ident("usr")), "version": shapes.whole})
pipeline_shape = shapes.record({"id": shapes.ident("pip"), "name": shapes.filled, "default": shapes.flag,
                                "stages": shapes.items(shapes.record({"id": shapes.ident("stg"), "name": shapes.filled,
                                                                      "closed": shapes.flag})),
                                "created_at": shapes.moment, "version": shapes.whole})
ticket_shape = shapes.record({"id": shapes.ident("tkt"), "inbox": shapes.ident("inb"), "conversation": shapes.ident("cnv"),
                              "contact": shapes.ident("ctc"), "subject": shapes.maybe(shapes.text),
                              "pipeline": shapes.ident("pip"), "stage": shapes.ident("stg"),
                              "status": shapes.word("open", "closed"), "owner": shapes.maybe(shapes.ident("usr")),
                              "created_at": shapes.moment, "updated_at": shapes.moment, "version": shapes.whole})


class Tickets(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.http = self.company.http
        self.channel = self.company.channel()

    def open(self, thread, channel=None):
        channel = channel or self.channel
        answer = self.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, thread, 0)]}, None, 200)
        return answer["results"][0]["conversation"]

    def treat_as_tickets(self, channel=None, **fields):
        return self.http.put(f"/v1/channels/{channel or self.channel}/tickets", {"enabled": True} | fields, rule_shape)

    def ticket_of(self, conversation):
        found = self.company.conversation(conversation)["ticket"]
        return found and self.http.get(f"/v1/tickets/{found}", ticket_shape)

    def tickets(self, http=None, **query):
        return (http or self.http).all("/v1/tickets", ticket_shape, **query)

    def test_S63_S65_new_conversations_get_one_whose_owner_follows_and_survives_a_kill(self):
        ann, bob = self.company.agents(2)
        self.company.rule(self.channel, [ann, bob])
        before = self.open("before")
        self.assertIsNone(self.ticket_of(before))
        self.assertEqual(self.http.get(f"/v1/channels/{self.channel}/tickets", rule_shape)["enabled"], False)
        self.treat_as_tickets()
        conversation = self.open("t")
        ticket = self.ticket_of(conversation)
        self.assertEqual(ticket["conversation"], conversation)
        self.assertEqual(ticket["owner"], self.company.conversation(conversation)["assignee"]["user"])
        other = bob if ticket["owner"] == ann.id else ann
        self.http.put(f"/v1/conversations/{conversation}/assignee", {"user": other.id}, shapes.conversation)
        self.assertEqual(self.ticket_of(conversation)["owner"], other.id)
        self.server.restart_after_kill()
        self.assertEqual(self.ticket_of(conversation)["owner"], other.id)
        self.http.delete(f"/v1/conversations/{conversation}/assignee")
        self.assertIsNone(self.ticket_of(conversation)["owner"])
        self.assertEqual(len(self.tickets()), 1)

    def test_S64_S66_S67_a_rule_says_stage_and_owner(self):
        default, = self.http.all("/v1/pipelines", pipeline_shape)
        lead = self.company.user("Lead")
        self.treat_as_tickets(stage=default["stages"][1]["id"], owner=lead.id)
        ticket = self.ticket_of(self.open("t"))
        self.assertEqual((ticket["pipeline"], ticket["stage"], ticket["owner"]), (default["id"], default["stages"][1]["id"], lead.id))
        self.treat_as_tickets()
        self.assertIsNone(self.ticket_of(self.open("u"))["owner"])
        problem = self.assertProblem("invalid", self.http.put, f"/v1/channels/{self.channel}/tickets",
                                     {"enabled": True, "pipeline": "pip_0000000000009"}, status=422)
        self.assertEqual([e["pointer"] for e in problem.body["errors"]], ["/pipeline"])
        problem = self.assertProblem("invalid", self.http.put, f"/v1/channels/{self.channel}/tickets",
                                     {"enabled": True, "stage": "stg_0000000000009"}, status=422)
        self.assertEqual([e["pointer"] for e in problem.body["errors"]], ["/stage"])

    def test_S3_a_user_makes_one_by_hand_and_only_one(self):
        member = self.company.user("Worker")
        conversation = self.open("t")
        body = {"conversation": conversation, "subject": "Parcel lost", "owner": member.id}
        made = member.http.post("/v1/tickets", body, ticket_shape, 201, Idempotency_Key="k1")
        self.assertEqual((made["subject"], made["owner"], made["status"]), ("Parcel lost", member.id, "open"))
        self.assertEqual(self.company.conversation(conversation)["ticket"], made["id"])
        self.server.restart_after_kill()
        again = member.http.post("/v1/tickets", body, ticket_shape, 201, Idempotency_Key="k1")
        self.assertEqual(again["id"], made["id"])
        self.assertProblem("conflict", member.http.post, "/v1/tickets", body, status=409)
        self.assertProblem("not_found", member.http.post, "/v1/tickets", {"conversation": "cnv_0000000000009"}, status=404)
        stranger = Company(self.server)
        self.assertProblem("not_found", stranger.http.post, "/v1/tickets", body | {"owner": None}, status=404)
        self.assertProblem("not_found", stranger.http.get, f"/v1/tickets/{made['id']}", status=404)

    def test_a_ticket_is_changed_with_if_match_and_filtered_by_status(self):
        self.treat_as_tickets()
        ticket = self.ticket_of(self.open("t"))
        self.open("u")
        path = f"/v1/tickets/{ticket['id']}"
        closed = self.http.patch(path, {"status": "closed", "subject": "Done"}, ticket_shape, If_Match=f'"{ticket["version"]}"')
        self.assertEqual((closed["status"], closed["subject"]), ("closed", "Done"))
        self.assertProblem("version_conflict", self.http.patch, path, {"subject": "x"}, If_Match=f'"{ticket["version"]}"', status=412)
        self.assertProblem("invalid", self.http.patch, path, {"stage": "stg_0000000000009"}, status=422)
        self.assertEqual([t["id"] for t in self.tickets(status="closed")], [ticket["id"]])
        self.assertEqual(len(self.tickets(status="open")), 1)
        self.assertEqual(len(self.tickets(limit=1)), 2)
        self.assertEqual(len(self.tickets(stage=closed["stage"])), 1)
        self.assertProblem("invalid", self.http.get, "/v1/tickets?status=half", status=422)

    def test_S12_S14_who_may_not_view_or_act(self):
        chosen, other = self.company.user("Chosen"), self.company.user("Other")
        self.treat_as_tickets()
        ticket = self.ticket_of(self.open("t"))
        self.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [chosen.id], "teams": []}, shapes.access)
        path = f"/v1/tickets/{ticket['id']}"
        self.assertProblem("access_denied", other.http.get, path, status=403)
        self.assertEqual(self.tickets(other.http), [])
        self.assertEqual(len(self.tickets()), 1)
        self.assertProblem("view_only", self.http.patch, path, {"subject": "x"}, status=403)
        self.assertEqual(chosen.http.patch(path, {"subject": "x"}, ticket_shape)["subject"], "x")

    def test_A62_a_deleted_inboxs_tickets_stay_to_be_read(self):
        second = self.http.post("/v1/inboxes", {"name": "Second", "access": {"mode": "everyone", "users": [], "teams": []}}, None, 201)["id"]
        channel = self.company.channel("second", inbox=second)
        self.treat_as_tickets(channel)
        ticket = self.ticket_of(self.open("t", channel))
        self.http.delete(f"/v1/inboxes/{second}")
        self.assertEqual(self.http.get(f"/v1/tickets/{ticket['id']}", ticket_shape), ticket)
        self.assertEqual(self.tickets(), [ticket])
        self.assertEqual(self.http.get(f"/v1/contacts/{ticket['contact']}")["id"], ticket["contact"])
        self.assertProblem("conflict", self.http.patch, f"/v1/tickets/{ticket['id']}", {"subject": "x"}, status=409)
        self.assertEqual(self.tickets(self.company.user("Other").http), [])

    def test_pipelines_with_tickets_in_them_stay(self):
        made = self.http.post("/v1/pipelines", {"name": "Returns", "stages": [{"name": "Asked"}, {"name": "Back", "closed": True}]},
                              pipeline_shape, 201)
        asked, back = made["stages"]
        path = f"/v1/pipelines/{made['id']}"
        self.assertEqual(self.http.get(path, pipeline_shape), made)
        self.treat_as_tickets(pipeline=made["id"])
        ticket = self.ticket_of(self.open("t"))
        self.assertEqual(ticket["stage"], asked["id"])
        self.assertProblem("conflict", self.http.delete, path, status=409)
        self.treat_as_tickets()
        self.assertProblem("conflict", self.http.delete, path, status=409)
        self.assertProblem("conflict", self.http.patch, path, {"stages": [back]}, status=409)
        self.http.patch(path, {"stages": [{"id": back["id"], "name": "Sent back", "closed": True}, asked]}, pipeline_shape)
        self.http.patch(f"/v1/tickets/{ticket['id']}", {"stage": self.tickets()[0]["stage"], "pipeline": made["id"]}, ticket_shape)
        default = next(p for p in self.http.all("/v1/pipelines", pipeline_shape) if p["default"])
        self.http.patch(f"/v1/tickets/{ticket['id']}", {"pipeline": default["id"]}, ticket_shape)
        self.http.delete(path)
        self.assertProblem("conflict", self.http.delete, f"/v1/pipelines/{default['id']}", status=409)
        self.server.restart_after_kill()
        self.assertEqual([p["id"] for p in self.http.all("/v1/pipelines", pipeline_shape)], [default["id"]])


if __name__ == "__main__":
    main()
