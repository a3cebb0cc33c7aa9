"""Contacts over HTTP, matched and merged; two inboxes at once; assignment to the contact's owner; SIGKILL in between."""

import asyncio

import shapes
from company import Company
from signalbox_client import message
from system_test import SystemTest, main

contact = shapes.record({"id": shapes.ident("ctc"), "name": shapes.maybe(shapes.text), "email": shapes.maybe(shapes.text),
                         "phone": shapes.maybe(shapes.text), "cookie": shapes.maybe(shapes.text),
                         "owner": shapes.maybe(shapes.ident("usr")), "created_at": shapes.moment, "version": shapes.whole})
notice = shapes.record({"to": shapes.ident("usr"), "conversation": shapes.ident("cnv"), "channel": shapes.ident("chn"),
                        "message": shapes.ident("msg"), "reason": shapes.word("owner_offline"), "at": shapes.moment})


class ContactsCase(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.http = self.company.http

    def make(self, **fields):
        return self.http.post("/v1/contacts", fields, contact, 201)

    def send(self, channel, *messages):
        results = self.http.post(f"/v1/channels/{channel}/messages", {"messages": list(messages)}, None, 200)["results"]
        self.assertEqual({r["status"] for r in results}, {"accepted"})
        return [r["conversation"] for r in results]

    def open(self, channel, thread, **sender):
        found, = self.send(channel, message(channel, thread, 0, sender={"id": f"v-{thread}"} | sender))
        return found

    def contacts(self, http=None, **query):
        return (http or self.http).all("/v1/contacts", contact, **query)


class Managing(ContactsCase):
    def test_made_read_changed_listed_and_deleted(self):
        owner = self.company.user("Olga")
        made = self.make(name="Cleo", email="Cleo@Example.com", owner=owner.id, cookie="k-1")
        path = f"/v1/contacts/{made['id']}"
        self.assertEqual(self.http.get(path, contact), made)
        self.assertEqual(self.contacts(email="cleo@EXAMPLE.com"), [made])
        self.assertEqual(self.contacts(cookie="k-1"), [made])
        self.assertEqual(self.contacts(owner=owner.id), [made])
        self.assertEqual(self.contacts(phone="+49"), [])
        changed = self.http.patch(path, {"email": None, "phone": " +49 1 "}, contact, If_Match='"1"')
        self.assertEqual((changed["email"], changed["phone"], changed["version"]), (None, "+49 1", 2))
        self.assertProblem("version_conflict", self.http.patch, path, {"name": "X"}, status=412, If_Match='"1"')
        self.assertProblem("version_conflict", self.http.delete, path, status=None, If_Match='"1"')
        left = self.assertProblem("invalid", self.http.patch, path, {"name": None, "phone": None, "cookie": None}, status=422)
        self.assertEqual([e["pointer"] for e in left.body["errors"]], [""])
        self.http.delete(path, If_Match='"2"')
        self.assertProblem("not_found", self.http.get, path, status=404)
        self.assertEqual(self.contacts(), [])

    def test_an_address_of_another_contact_is_taken(self):
        self.make(email="cleo@example.com", phone="+49 1", cookie="k")
        other = self.make(name="Dan")
        for field, value in (("email", "CLEO@example.com"), ("phone", "+49 1 "), ("cookie", "k")):
            self.assertProblem("address_taken", self.http.post, "/v1/contacts", {field: value}, status=409)
            self.assertProblem("address_taken", self.http.patch, f"/v1/contacts/{other['id']}", {field: value}, status=409)
        wrong = self.assertProblem("invalid", self.http.post, "/v1/contacts", {"name": "X", "owner": "usr_0000000000001"})
        self.assertEqual([e["pointer"] for e in wrong.body["errors"]], ["/owner"])

    def test_a_key_makes_one_across_a_kill(self):
        ids = {self.http.post("/v1/contacts", {"name": "Cleo"}, contact, Idempotency_Key="one")["id"] for _ in range(2)}
        self.server.restart_after_kill()
        ids.add(self.http.post("/v1/contacts", {"name": "Cleo"}, contact, Idempotency_Key="one")["id"])
        self.assertEqual(len(ids), 1)
        self.assertEqual(len(self.contacts()), 1)

    def test_what_is_done_by_hand_is_in_the_audit_log(self):
        self.open(self.company.channel(), "t", email="cleo@example.com")
        arrived = self.contacts()[0]["id"]
        self.assertEqual(self.http.get("/v1/audit", resource=arrived)["items"], [], "it came with a message")
        made = self.make(name="Cleo", phone="+49 1")
        self.http.patch(f"/v1/contacts/{made['id']}", {"name": "Cleopatra"})
        self.http.post(f"/v1/contacts/{made['id']}/merge", {"into": arrived})
        told = self.http.get("/v1/audit", resource=made["id"])["items"]
        self.assertEqual((told[1]["before"]["name"], told[1]["after"]["name"]), ("Cleo", "Cleopatra"))
        self.http.delete(f"/v1/contacts/{arrived}")
        self.server.restart_after_kill()
        told = self.http.get("/v1/audit", resource=made["id"])["items"]
        self.assertEqual([e["action"] for e in told], ["merged", "changed", "created"])
        self.assertEqual({e["by"]["user"] for e in told}, {self.company.admin.id})
        self.assertEqual((told[1]["before"]["name"], told[1]["after"]["name"]), (None, None), "who is deleted is named no more")
        self.assertEqual(told[0]["after"]["merged_into"], arrived)
        survivor = self.http.get("/v1/audit", resource=arrived)["items"]
        self.assertEqual([e["action"] for e in survivor], ["deleted", "changed"])
        self.assertEqual((survivor[0]["before"]["phone"], survivor[0]["after"]), (None, None))

    def test_another_accounts_contacts_are_not_found(self):
        theirs = Company(self.server)
        made = theirs.http.post("/v1/contacts", {"name": "Cleo", "email": "cleo@example.com"}, contact, 201)
        path = f"/v1/contacts/{made['id']}"
        self.assertProblem("not_found", self.http.get, path)
        self.assertProblem("not_found", self.http.patch, path, {"name": "X"})
        self.assertProblem("not_found", self.http.delete, path)
        self.assertProblem("not_found", self.http.post, path + "/merge", {"into": self.make(name="Dan")["id"]})
        self.make(email="cleo@example.com")
        self.assertProblem("invalid", self.http.post, "/v1/contacts", {"name": "X", "owner": theirs.admin.id})

    def test_S12_who_may_not_view_the_inbox_is_not_shown_its_contacts(self):
        seller, clerk = self.company.user("Sella"), self.company.user("Clerk")
        closed = self.http.post("/v1/inboxes", {"name": "Staff", "access": {"mode": "specific", "users": [clerk.id], "teams": []}},
                                None, 201)["id"]
        conversation = self.open(self.company.channel(inbox=closed), "t", email="cleo@example.com")
        which = self.company.conversation(conversation)["contact"]
        self.assertEqual(clerk.http.get(f"/v1/contacts/{which}", contact)["id"], which)
        self.assertProblem("access_denied", seller.http.get, f"/v1/contacts/{which}")
        self.assertProblem("access_denied", seller.http.patch, f"/v1/contacts/{which}", {"name": "X"})
        self.assertEqual(self.contacts(seller.http), [])
        self.assertEqual(self.contacts(seller.http, email="cleo@example.com"), [])
        connector = self.server.http(self.company.connector_token(self.company.channel()))
        self.assertProblem("access_denied", connector.get, f"/v1/contacts/{which}")
        self.assertProblem("access_denied", connector.get, "/v1/contacts")


class Matching(ContactsCase):
    def test_A54_A55_the_same_browser_gets_its_history_back(self):
        chat = self.company.channel()
        first, second = self.open(chat, "a", cookie="k-1"), self.open(chat, "b", cookie="k-1")
        self.open(chat, "c", cookie="k-2")
        visitor = self.company.conversation(first)["contact"]
        self.assertIsNone(self.http.get(f"/v1/contacts/{visitor}", contact)["email"])
        self.assertEqual({c["id"] for c in self.company.conversations(contact=visitor)}, {first, second})

    def test_merged_contacts_share_their_conversations_across_a_kill(self):
        chat, mail = self.company.channel("chat"), self.company.channel("mail")
        in_chat, by_mail = self.open(chat, "a", cookie="k-1"), self.open(mail, "b", email="cleo@example.com", name="Cleo")
        old, into = (self.company.conversation(c)["contact"] for c in (in_chat, by_mail))
        self.assertNotEqual(old, into)
        merged = self.http.post(f"/v1/contacts/{old}/merge", {"into": into}, contact, 200)
        self.assertEqual((merged["id"], merged["cookie"], merged["email"]), (into, "k-1", "cleo@example.com"))
        self.server.restart_after_kill()
        for which in (old, into):
            self.assertEqual(self.http.get(f"/v1/contacts/{which}", contact), merged)
            self.assertEqual({c["id"] for c in self.company.conversations(contact=which)}, {in_chat, by_mail})
        self.assertEqual(self.company.conversation(in_chat)["contact"], into)
        self.assertEqual(self.company.conversation(self.open(chat, "c", cookie="k-1"))["contact"], into)
        self.assertProblem("invalid", self.http.post, f"/v1/contacts/{old}/merge", {"into": into})

    def test_a_deleted_contact_is_nobody_and_does_not_come_back(self):
        chat, mail = self.company.channel("chat"), self.company.channel("mail")
        in_chat, by_mail = self.open(chat, "a", cookie="k-1"), self.open(mail, "b", email="cleo@example.com")
        old, into = (self.company.conversation(c)["contact"] for c in (in_chat, by_mail))
        self.http.post(f"/v1/contacts/{old}/merge", {"into": into}, contact, 200)
        self.http.delete(f"/v1/contacts/{into}")
        self.server.restart_after_kill()
        again = self.company.conversation(self.open(chat, "c", cookie="k-1"))["contact"]
        self.send(chat, message(chat, "a", 1, sender={"id": "v-a", "cookie": "k-1"}))
        self.assertNotIn(again, (old, into))
        for gone, its in ((old, in_chat), (into, by_mail)):
            self.assertProblem("not_found", self.http.get, f"/v1/contacts/{gone}", status=404)
            self.assertEqual([c["id"] for c in self.company.conversations(contact=gone)], [its])
        self.assertEqual([c["id"] for c in self.contacts()], [again])

    def test_nobody_is_recognised_by_an_email_that_is_none(self):
        chat = self.company.channel("chat")
        one, two = (self.company.conversation(self.open(chat, thread, email="unknown"))["contact"] for thread in "ab")
        self.assertNotEqual(one, two)
        self.assertIsNone(self.http.get(f"/v1/contacts/{one}", contact)["email"])

    async def test_two_inboxes_at_once_and_a_kill_make_nobody_twice(self):
        second = self.http.post("/v1/inboxes", {"name": "Second", "access": {"mode": "everyone", "users": [], "teams": []}}, None,
                                201)["id"]
        channels = [self.company.channel(), self.company.channel(inbox=second)]
        people = 40

        def batch(number, round_):
            return [message(channels[number], f"{round_}-{n}", 0, sender={"id": f"c{number}-{n}", "email": f"p{n}@example.com"})
                    for n in range(people)]

        tokens = [self.company.connector_token(c) for c in channels]
        for round_ in range(3):
            sockets = [await self.company.connector(c, token=t).open() for c, t in zip(channels, tokens)]
            sent = [await s.publish_unchecked(batch(n, round_)) for n, s in enumerate(sockets)]
            await asyncio.wait(sent, timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
            self.server.kill()
            for each in sockets:
                await each.close_code()
            await asyncio.to_thread(self.server.verify)
            await asyncio.to_thread(self.server.start)
            for n, token in enumerate(tokens):
                socket = await self.company.connector(channels[n], token=token).open()
                await socket.publish(batch(n, round_))
                await socket.close()
        found = self.contacts()
        self.assertEqual(sorted(c["email"] for c in found), sorted(f"p{n}@example.com" for n in range(people)))
        known = {c["id"] for c in found}
        self.assertEqual({c["contact"] for c in self.company.conversations()}, known)


class Owners(ContactsCase):
    def setUp(self):
        super().setUp()
        self.ann, self.bob = self.company.user("Ann"), self.company.user("Bob")
        self.bob.be("available")
        self.chat = self.company.channel()
        self.company.rule(self.chat, assign_to="contact_owner", fallback={"users": [self.bob.id], "teams": []})
        self.cleo = self.make(name="Cleo", cookie="k", owner=self.ann.id)

    def assignee(self, conversation):
        found = self.company.conversation(conversation)["assignee"]
        return found and found["user"]

    def owner_step(self, conversation):
        return self.http.get(f"/v1/conversations/{conversation}/decisions")["items"][-1]["owner"]

    async def test_S52_to_S55_who_gets_it(self):
        async with self.ann.agent() as ann, self.bob.agent():
            self.ann.be("available")
            self.bob.be("available")
            hers = self.open(self.chat, "a", cookie="k")
            await ann.event("assignment.created", lambda data: data["conversation"]["id"] == hers)
            self.assertEqual(self.owner_step(hers), {"user": self.ann.id, "step": "chosen", "rule": "S52"})
            strangers = self.open(self.chat, "b", cookie="another")
            self.assertEqual(self.assignee(strangers), self.bob.id)
            self.assertEqual(self.owner_step(strangers)["rule"], "S53")
            self.assertEqual(self.http.all("/v1/notices", notice), [])
            self.ann.be("away")
            waiting = self.open(self.chat, "c", cookie="k")
            self.assertIsNone(self.assignee(waiting))
            self.assertEqual(self.owner_step(waiting), {"user": self.ann.id, "step": "offline", "rule": "S55"})
            told, = self.http.all("/v1/notices", notice)
            self.assertEqual((told["to"], told["conversation"]), (self.ann.id, waiting))
            self.assertProblem("access_denied", self.bob.http.get, "/v1/notices")
            self.ann.be("available")
            await ann.event("assignment.created", lambda data: data["conversation"]["id"] == waiting)

    async def test_S55_who_waits_for_an_owner_does_so_across_a_kill(self):
        waiting = self.open(self.chat, "a", cookie="k")
        self.server.kill()
        await asyncio.to_thread(self.server.verify)
        await asyncio.to_thread(self.server.start)
        async with self.ann.agent() as ann, self.bob.agent():
            self.bob.be("available")
            self.assertIsNone(self.assignee(waiting))
            self.assertEqual(len(self.http.all("/v1/notices", notice)), 1)
            self.ann.be("available")
            await ann.event("assignment.created", lambda data: data["conversation"]["id"] == waiting)

    def test_S60_S61_S62_hold_for_the_fallback_people(self):
        free = self.company.user("Free", seat="free")
        rule = {"assign_to": "contact_owner"}
        refuse = lambda fallback: self.assertProblem("seat_required", self.company.rule, self.chat, fallback=fallback, **rule)
        refuse({"users": [free.id], "teams": []})
        team = self.company.team("Free ones", free)
        refuse({"users": [], "teams": [team]})
        late = self.company.user("Late")
        self.company.rule(self.chat, fallback={"users": [late.id], "teams": []}, **rule)
        self.http.patch(f"/v1/users/{late.id}", {"seat": "free"})
        shown = self.http.get(f"/v1/channels/{self.chat}/assignment")
        self.assertEqual(shown["fallback"]["users"], [late.id])
        self.assertEqual([(s["user"], s["reason"]) for s in shown["skipped"]], [(late.id, "free_seat")])


if __name__ == "__main__":
    main()
