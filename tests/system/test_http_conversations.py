"""HTTP: messages in, conversations listed, paged and filtered, history, commands, decisions."""

import json
import time


import shapes
from company import Company
from signalbox_client import Problem, message
from system_test import SystemTest, main


class ConversationsCase(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.http = self.company.http

    def send(self, channel, *messages, http=None):
        answer = (http or self.http).post(f"/v1/channels/{channel}/messages", {"messages": list(messages)}, None, 200)
        shapes.record({"results": shapes.items(shapes.record({
            "id": shapes.text, "status": shapes.word("accepted", "duplicate", "dropped", "rejected"), "message?": shapes.ident("msg"),
            "conversation?": shapes.ident("cnv"), "code?": shapes.filled}, more=True))})(answer, "results")
        return answer["results"]

    def open(self, channel, thread, **more):
        result, = self.send(channel, message(channel, thread, 0, **more))
        self.assertEqual(result["status"], "accepted")
        return result["conversation"]


class Inbound(ConversationsCase):
    def test_a_rejected_message_says_where_and_what_is_wrong(self):
        channel = self.company.channel()
        good, bad = message(channel, "t", 0), message(channel, "t", 1) | {"from": {"name": "Nobody"}}
        results = self.send(channel, good, bad)
        self.assertEqual([r["status"] for r in results], ["accepted", "rejected"])
        self.assertEqual((results[1]["pointer"], results[1]["detail"]), ("/from/id", "is required"))
        problem = self.assertProblem("invalid", self.http.post, f"/v1/channels/{channel}/messages", {"messages": [good, {"thread": "t"}]})
        self.assertEqual([each["pointer"] for each in problem.body["errors"]], ["/messages/1/id"])

    def test_a_cursor_of_another_list_is_invalid(self):
        channel = self.company.channel()
        self.send(channel, message(channel, "t", 0))
        for path in ("/v1/conversations", "/v1/tickets", "/v1/contacts", "/v1/users", "/v1/audit"):
            for cursor in ("nonsense", channel):
                problem = self.assertProblem("invalid", self.http.get, f"{path}?after={cursor}")
                self.assertEqual([each["pointer"] for each in problem.body["errors"]], ["/after"], path)

    def test_every_message_gets_its_result_in_order(self):
        channel = self.company.channel()
        results = self.send(channel, message(channel, "a", 0), message(channel, "b", 0), message(channel, "a", 0),
                            message(channel, "c", 0) | {"text": 7}, message(channel, "a", 1))
        self.assertEqual([r["status"] for r in results], ["accepted", "accepted", "duplicate", "rejected", "accepted"])
        self.assertEqual([r["id"] for r in results], ["a-0", "b-0", "a-0", "c-0", "a-1"])
        self.assertEqual(results[3]["code"], "invalid")
        self.assertEqual(results[0]["conversation"], results[4]["conversation"])
        self.assertNotEqual(results[0]["conversation"], results[1]["conversation"])
        again = self.send(channel, message(channel, "a", 0))
        self.assertEqual(again[0]["status"], "duplicate")
        self.assertEqual(again[0].get("message", results[0]["message"]), results[0]["message"])

    def test_acknowledged_by_http_is_there_after_a_kill(self):
        channel = self.company.channel()
        self.send(channel, *(message(channel, f"t{n % 5}", n) for n in range(100)))
        self.server.restart_after_kill()
        found = self.company.by_thread()
        for n in range(5):
            shown = [m["text"] for m in self.company.messages(found[f"t{n}"]["id"])]
            self.assertEqual(shown, [f"[t{n}/{k}] hello" for k in range(n, 100, 5)])
        self.assertEqual({r["status"] for r in self.send(channel, *(message(channel, f"t{n % 5}", n) for n in range(100)))}, {"duplicate"})

    def test_a_connectors_token_may_send_to_its_channels_only(self):
        mine, other = self.company.channel("mine"), self.company.channel("other")
        connector = self.server.http(self.company.connector_token(mine))
        self.send(mine, message(mine, "t", 0), http=connector)
        with self.assertRaises(Problem) as caught:
            self.send(other, message(other, "t", 0), http=connector)
        self.assertIn(caught.exception.code, ("access_denied", "not_found"))
        self.assertEqual(len(self.company.conversations()), 1)

    def test_bodies_of_the_wrong_shape_are_invalid(self):
        path = f"/v1/channels/{self.company.channel()}/messages"
        for body in ({}, {"messages": 7}, {"messages": {}}, [], 7, None, "x"):
            with self.subTest(body=body):
                self.assertProblem("invalid", self.http.call, "POST", path, json.dumps(body))

    def test_S79_S80_a_channel_that_is_off_drops(self):
        channel = self.company.channel()
        self.http.patch(f"/v1/channels/{channel}", {"on": False})
        self.assertEqual([r["status"] for r in self.send(channel, message(channel, "t", 0))], ["dropped"])
        self.assertEqual(self.company.conversations(), [])

    def test_S82_its_conversations_stay_readable(self):
        channel = self.company.channel()
        conversation = self.open(channel, "t")
        self.http.patch(f"/v1/channels/{channel}", {"on": False})
        self.assertEqual(len(self.company.messages(conversation)), 1)
        self.assertProblem("channel_off", self.http.post, f"/v1/conversations/{conversation}/messages", {"text": "x"}, status=409)


class Listing(ConversationsCase):
    def test_S2_S70_a_message_appears_in_its_inbox_and_in_no_other(self):
        second = self.http.post("/v1/inboxes", {"name": "Second", "access": {"mode": "everyone", "users": [], "teams": []}}, None, 201)["id"]
        one, two = self.company.channel(), self.company.channel(inbox=second)
        a, b = self.open(one, "a"), self.open(two, "b")
        self.assertEqual([c["id"] for c in self.company.conversations(inbox=self.company.inbox)], [a])
        self.assertEqual([c["id"] for c in self.company.conversations(inbox=second)], [b])
        self.assertEqual({c["id"] for c in self.company.conversations()}, {a, b})

    def test_newest_activity_comes_first_and_pages_neither_skip_nor_repeat(self):
        channel = self.company.channel()
        self.send(channel, *(message(channel, f"t{n}", 0) for n in range(57)))
        for thread in ("t3", "t40", "t3", "t11"):
            time.sleep(0.002)  # activity is told in milliseconds
            self.send(channel, message(channel, thread, 1 if thread != "t3" else len(self.company.messages(self.company.by_thread()["t3"]["id"]))))
        whole = self.company.conversations()
        self.assertEqual(len(whole), 57)
        self.assertEqual([c["thread"] for c in whole[:3]], ["t11", "t3", "t40"])
        moments = [c["last_message_at"] for c in whole]
        self.assertEqual(moments, sorted(moments, reverse=True))
        for limit in (1, 10, 57, 58):
            paged = self.http.all("/v1/conversations", shapes.conversation, limit=limit)
            self.assertEqual([c["id"] for c in paged], [c["id"] for c in whole])

    def test_views_and_filters(self):
        member, = self.company.agents(1, capacity=1)
        ruled, plain = self.company.channel("ruled", users=[member]), self.company.channel("plain")
        mine, waiting, unassigned, closed, deleted = (
            self.open(channel, name) for channel, name in ((ruled, "mine"), (ruled, "waiting"), (plain, "un"), (plain, "closed"), (plain, "del")))
        self.http.patch(f"/v1/conversations/{closed}", {"status": "closed"}, shapes.conversation)
        self.http.delete(f"/v1/conversations/{deleted}")

        def shown(http=self.http, **query):
            return {c["id"] for c in http.all("/v1/conversations", shapes.conversation, **query)}

        self.assertEqual(shown(), {mine, waiting, unassigned, closed})
        self.assertEqual(shown(view="all"), {mine, waiting, unassigned, closed})
        self.assertEqual(shown(member.http, view="mine"), {mine})
        self.assertEqual(shown(view="mine"), set())
        self.assertEqual(shown(view="unassigned", status="open"), {waiting, unassigned})
        self.assertEqual(shown(view="waiting"), {waiting})
        self.assertEqual(shown(view="spam"), set())
        self.assertEqual(shown(view="deleted"), {deleted})
        self.assertEqual(shown(status="closed"), {closed})
        self.assertEqual(shown(assignee=member.id), {mine})
        self.assertEqual(shown(channel=plain), {unassigned, closed})
        contact = self.company.conversation(mine)["contact"]
        self.assertEqual(shown(contact=contact), {mine})
        self.assertEqual(shown(channel=plain, status="open"), {unassigned})
        for query in ({"view": "nonsense"}, {"status": "half"}, {"limit": "0"}, {"limit": "many"}, {"inbox": "x"}, {"after": "nonsense"}):
            with self.subTest(query=query):
                with self.assertRaises(Problem) as caught:
                    self.http.get("/v1/conversations", **query)
                self.assertIn(caught.exception.code, ("invalid", "not_found"))

    def test_history_is_one_ordered_list_and_pages(self):
        channel = self.company.channel()
        conversation = self.open(channel, "t")
        self.http.put(f"/v1/conversations/{conversation}/assignee", {"user": self.company.admin.id}, shapes.conversation)
        self.http.post(f"/v1/conversations/{conversation}/comments", {"text": "a thought"})
        self.http.post(f"/v1/conversations/{conversation}/messages", {"text": "an answer"}, shapes.message, 202)
        self.http.patch(f"/v1/conversations/{conversation}", {"status": "closed"})
        self.send(channel, message(channel, "t", 1))
        history = self.company.history(conversation)
        self.assertEqual([e["type"] for e in history][:4], ["message", "assignment", "comment", "message"])
        self.assertEqual([e["type"] for e in history].count("message"), 3)
        self.assertEqual([e["type"] for e in history].count("status"), 2)
        self.assertEqual([e["seq"] for e in history], list(range(history[0]["seq"], history[0]["seq"] + len(history))))
        self.assertEqual(self.http.all(f"/v1/conversations/{conversation}/history", limit=2), history)
        self.server.restart_after_kill()
        self.assertEqual(self.company.history(conversation), history)

    def test_S12_S13_who_sees_what(self):
        chosen, stranger, boss = self.company.user("Chosen"), self.company.user("Stranger"), self.company.user(
            "Boss", permissions=["account_access"])
        channel = self.company.channel()
        conversation = self.open(channel, "t")
        self.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [chosen.id], "teams": []})
        for member in (chosen, boss, self.company.admin):
            self.assertEqual([c["id"] for c in member.http.all("/v1/conversations")], [conversation])
            member.http.get(f"/v1/conversations/{conversation}/history")
        self.assertEqual(stranger.http.all("/v1/conversations"), [])
        for path in ("", "/history", "/decisions"):
            with self.assertRaises(Problem) as caught:
                stranger.http.get(f"/v1/conversations/{conversation}{path}")
            self.assertIn(caught.exception.code, ("access_denied", "not_found"))


class Working(ConversationsCase):
    def setUp(self):
        super().setUp()
        self.channel = self.company.channel()
        self.conversation = self.open(self.channel, "t")
        self.path = f"/v1/conversations/{self.conversation}"

    def actions(self, member):
        return ((member.http.post, self.path + "/messages", {"text": "x"}), (member.http.post, self.path + "/comments", {"text": "x"}),
                (member.http.put, self.path + "/assignee", {"user": member.id}), (member.http.patch, self.path, {"status": "closed"}),
                (member.http.delete, self.path))

    def test_S14_view_only_is_refused_every_action_and_nothing_changes(self):
        chosen = self.company.user("Chosen")
        self.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [chosen.id], "teams": []})
        before = self.company.conversation(self.conversation), self.company.history(self.conversation)
        for call in self.actions(self.company.admin):
            self.assertProblem("view_only", *call, status=403)
        self.assertEqual((self.company.conversation(self.conversation), self.company.history(self.conversation)), before)

    def test_S15_chosen_through_a_team_may_act(self):
        member = self.company.user("Teamed")
        team = self.company.team("Team", member)
        self.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [], "teams": [team]})
        member.http.post(self.path + "/messages", {"text": "x"}, shapes.message, 202)

    def test_S12_S20_without_access_every_action_is_refused(self):
        chosen, stranger = self.company.user("Chosen"), self.company.user("Stranger", seat="free")
        self.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [chosen.id], "teams": []})
        for call in self.actions(stranger):
            with self.assertRaises(Problem) as caught:
                call[0](*call[1:])
            self.assertIn(caught.exception.code, ("access_denied", "not_found"))

    def test_A35_replying_to_an_unassigned_one_assigns_it_to_the_replier(self):
        member = self.company.user("Replier", seat="free")  # S19
        answer = member.http.post(self.path + "/messages", {"text": "mine now"}, shapes.message, 202)
        self.assertEqual(self.company.messages(self.conversation, "out"), [answer], "the answer is the entry of the history")
        self.assertEqual(self.company.conversation(self.conversation)["assignee"], {"user": member.id})
        entry, = [e for e in self.company.history(self.conversation) if e["type"] == "assignment"]
        self.assertEqual((entry["from"], entry["to"]), (None, {"user": member.id}))

    def test_A36_A37_S21_assigned_by_hand_to_a_user_or_a_team_and_unassigned(self):
        member = self.company.user("Free", seat="free")
        team = self.company.team("Team", member)
        for assignee in ({"user": member.id}, {"team": team}):
            answer = self.http.put(self.path + "/assignee", assignee, shapes.conversation)
            self.assertEqual(answer["assignee"], assignee)
            shapes.moment(answer["assigned_at"], "assigned_at")
        self.http.delete(self.path + "/assignee")
        self.assertIsNone(self.company.conversation(self.conversation)["assignee"])
        for bad in ({}, {"user": 7}, {"user": "usr_0000000000000"}, {"user": member.id, "team": team}):
            with self.assertRaises(Problem) as caught:
                self.http.put(self.path + "/assignee", bad)
            self.assertIn(caught.exception.code, ("invalid", "not_found"))

    def test_A38_closed_at_only_while_closed(self):
        closed = self.http.patch(self.path, {"status": "closed"}, shapes.conversation)
        shapes.moment(closed["closed_at"], "closed_at")
        self.assertIsNone(self.http.patch(self.path, {"status": "open"}, shapes.conversation)["closed_at"])
        self.assertProblem("invalid", self.http.patch, self.path, {"status": "half"}, status=422)

    def test_A44_a_deleted_one_is_gone_and_can_be_restored(self):
        self.http.delete(self.path)
        self.assertEqual(self.company.conversations(), [])
        gone, = self.company.conversations(view="deleted")
        self.assertEqual(gone["id"], self.conversation)
        shapes.moment(gone["deleted_at"], "deleted_at")
        self.assertIsNone(self.http.post(self.path + "/restore", None, shapes.conversation, 200)["deleted_at"])
        self.assertEqual([c["id"] for c in self.company.conversations()], [self.conversation])
        self.assertEqual(len(self.company.messages(self.conversation)), 1)

    def test_A38_A44_one_whose_thread_went_on_is_restored_closed(self):
        channel = self.company.channel()
        old = self.open(channel, "goes-on")
        path = f"/v1/conversations/{old}"
        self.http.delete(path)
        self.assertEqual(self.send(channel, message(channel, "goes-on", 1))[0]["status"], "accepted")
        fresh, = (c["id"] for c in self.company.conversations(channel=channel))
        self.server.restart_after_kill()
        back = self.http.post(path + "/restore", None, shapes.conversation, 200)
        self.assertEqual((back["status"], back["deleted_at"]), ("closed", None))
        shapes.moment(back["closed_at"], "closed_at")
        self.assertEqual(self.company.history(old)[-1]["type"], "status")
        self.assertProblem("conflict", self.http.patch, path, {"status": "open"}, status=409)
        later, = self.send(channel, message(channel, "goes-on", 2))
        self.assertEqual(later["conversation"], fresh)

    def test_an_idempotency_key_gives_the_first_answer_again(self):
        first = self.http.post(self.path + "/messages", {"text": "once"}, shapes.message, 202, Idempotency_Key="k1")
        again = self.http.post(self.path + "/messages", {"text": "once"}, shapes.message, 202, Idempotency_Key="k1")
        self.assertEqual(first["id"], again["id"])
        self.server.restart_after_kill()
        self.http.post(self.path + "/messages", {"text": "once"}, None, 202, Idempotency_Key="k1")
        self.http.post(self.path + "/messages", {"text": "twice"}, shapes.message, 202, Idempotency_Key="k2")
        self.assertEqual([m["text"] for m in self.company.messages(self.conversation, "out")], ["once", "twice"])
        made = [self.http.post("/v1/teams", {"name": "Team", "members": []}, None, 201, Idempotency_Key="k3")["id"] for _ in range(2)]
        self.assertEqual(made[0], made[1])

    def test_decisions_name_candidates_rules_and_the_choice(self):
        busy, chosen = self.company.agents(2, capacity=1)
        channel = self.company.channel("ruled", users=[busy, chosen])
        conversations = [self.open(channel, f"r{n}") for n in range(3)]
        results = []
        for conversation in conversations:
            answer = self.http.get(f"/v1/conversations/{conversation}/decisions")
            entries = answer["items"] if isinstance(answer, dict) and "items" in answer else answer
            self.assertTrue(entries)
            results.append(entries[-1])
        self.assertIn("at_capacity", str(results[1]))
        self.assertIn("A33", str(results[2]))
        self.assertIn("waiting", str(results[2]))
        plain = self.http.get(self.path + "/decisions")
        self.assertNotIn("assigned'", str(plain))

    def test_bad_replies_are_refused(self):
        file = {"name": "a.txt", "type": "text/plain", "size": 1}
        for body in ({}, {"text": 7}, {"text": "x", "html": 7}, {"text": "x", "attachments": 7}, {"text": " \n\t"},
                     {"text": "", "html": " "}, {"text": "x", "attachments": [file | {"data": "not base64"}]}):
            for resource in ("/messages", "/comments"):
                self.assertProblem("invalid", self.http.post, self.path + resource, body, status=422)
        self.assertEqual(self.company.messages(self.conversation, "out"), [])


class Offering(ConversationsCase):
    def assignee(self, conversation):
        """Whom it is offered to; decided a moment after the message is acknowledged."""
        for _ in range(100):
            given = self.company.conversation(conversation)["assignee"]
            if given:
                return given["user"]
            time.sleep(0.05)
        return self.fail("nobody is asked")

    def test_S58_who_waits_is_told_where_until_somebody_comes(self):
        agent, = self.company.agents(1, available=False)
        channel = self.company.channel(users=[agent])
        first, second = self.open(channel, "a"), self.open(channel, "b")
        places = [self.http.get(f"/v1/conversations/{which}/waiting") for which in (first, second)]
        self.assertEqual([place["position"] for place in places], [1, 2])
        self.assertProblem("conflict", self.http.post, f"/v1/conversations/{first}/accept", status=409)
        agent.be("available")
        self.assertEqual(self.assignee(first), agent.id)
        self.assertProblem("conflict", self.http.get, f"/v1/conversations/{first}/waiting", status=409)

    def test_an_offer_is_accepted_or_declined_by_whom_it_is_made_to(self):
        members = {member.id: member for member in self.company.agents(2)}
        channel = self.company.channel(users=list(members.values()), accept_within_seconds=600)
        path = f"/v1/conversations/{self.open(channel, 'a')}"
        asked = members[self.assignee(path.rsplit("/", 1)[1])]
        other, = (member for member in members.values() if member is not asked)
        self.assertProblem("conflict", other.http.post, path + "/accept", status=409)
        declined = asked.http.post(path + "/decline", None, shapes.conversation, 200)
        self.assertEqual(declined["assignee"], {"user": other.id}, "the answer shows the whole step")
        self.assertEqual(self.assignee(path.rsplit("/", 1)[1]), other.id, "not again to whom it was declined by")
        accepted = other.http.post(path + "/accept", None, shapes.conversation, 200)
        self.assertEqual(accepted["assignee"], {"user": other.id})
        self.assertProblem("conflict", other.http.post, path + "/decline", status=409)

    def test_A45_spam_is_marked_by_hand_and_nobodys(self):
        agent, = self.company.agents(1)
        which = self.open(self.company.channel(users=[agent]), "a")
        self.assertEqual(self.assignee(which), agent.id)
        path = f"/v1/conversations/{which}"
        marked = self.http.patch(path, {"spam": True}, shapes.conversation)
        self.assertEqual((marked["spam"], marked["assignee"]), (True, None))
        self.assertEqual([c["id"] for c in self.company.conversations(view="spam")], [which])
        self.assertProblem("conflict", self.http.put, path + "/assignee", {"user": agent.id}, status=409)
        self.assertFalse(self.http.patch(path, {"spam": False}, shapes.conversation)["spam"])
        self.assertEqual(self.assignee(which), agent.id, "by the channel's rule")


if __name__ == "__main__":
    main()
