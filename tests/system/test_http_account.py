"""HTTP: accounts, sessions, users, teams, inboxes with access, channels with rules, availability."""

import shapes
from company import PASSWORD, Company, founded, opened, token_made
from signalbox_client import Problem, message
from system_test import SystemTest, main


class AccountCase(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.http = self.company.http


class Accounts(AccountCase):
    def test_S5_founding_makes_one_inbox_and_a_super_admin_with_a_paid_seat(self):
        inboxes = self.http.all("/v1/inboxes", shapes.inbox)
        self.assertEqual([i["id"] for i in inboxes], [self.company.inbox])
        user, = self.http.all("/v1/users", shapes.user)
        self.assertEqual(user["seat"], "paid")
        self.assertIn("super_admin", user["permissions"])
        self.assertNotIn("password", str(user).lower())
        account = self.http.get("/v1/account")
        self.assertEqual((account["plan"], account["subdomain"]), ("enterprise", f"company-{self.company.number}"))

    def test_only_the_operator_founds_and_lists_accounts(self):
        body = {"name": "X", "subdomain": "x", "plan": "free",
                "admin": {"first_name": "A", "last_name": "B", "email": "x@x.example", "password": PASSWORD}}
        self.assertProblem("access_denied", self.http.post, "/v1/accounts", body, status=403)
        self.assertProblem("unauthorized", self.server.http().post, "/v1/accounts", body, status=401)
        self.assertProblem("unauthorized", self.server.http("nonsense").get, "/v1/accounts", status=401)
        self.server.operator.post("/v1/accounts", body, founded, 201)
        self.assertEqual(len(self.server.operator.all("/v1/accounts")), 2)

    def test_a_wrong_body_names_every_wrong_place(self):
        admin = {"first_name": "A", "last_name": "B", "email": "x@x.example", "password": PASSWORD}
        good = {"name": "X", "subdomain": "x", "plan": "free", "admin": admin}
        for wrong, pointer in (({"name": 7}, "/name"), ({"plan": "golden"}, "/plan"), ({"admin": admin | {"email": "nobody"}}, "/admin/email"),
                               ({"subdomain": ""}, "/subdomain"), ({"admin": 7}, "/admin")):
            problem = self.assertProblem("invalid", self.server.operator.post, "/v1/accounts", good | wrong, status=422)
            self.assertIn(pointer, [e["pointer"] for e in problem.body["errors"]])
        self.assertEqual(len(self.server.operator.all("/v1/accounts")), 1)

    def test_sessions_open_with_the_right_password_only(self):
        email = self.company.admin.user["email"]
        session = self.server.http().post("/v1/sessions", {"email": email, "password": PASSWORD}, opened, 201)
        self.assertEqual(session["user"]["id"], self.company.admin.id)
        self.server.http(session["token"]).get("/v1/account")
        wrong = [self.assertProblem("unauthorized", self.server.http().post, "/v1/sessions", body, status=401) for body in (
            {"email": email, "password": "wrong"}, {"email": "nobody@nowhere.example", "password": PASSWORD}, {"email": email, "password": ""})]
        self.assertEqual(len({w.body["detail"] for w in wrong[:2]}), 1, "whether an address is known is not told")
        closing = self.server.http(session["token"])
        closing.delete("/v1/sessions/current")
        self.assertProblem("unauthorized", closing.get, "/v1/account", status=401)

    def test_wrong_passwords_are_limited_whether_the_email_is_known_or_not(self):
        for email in (self.company.user("Guessed").user["email"], "guessed@nowhere.example"):
            body = {"email": email, "password": "wrong"}
            for _ in range(10):
                self.assertProblem("unauthorized", self.server.http().post, "/v1/sessions", body, status=401)
            refused = self.assertProblem("rate_limited", self.server.http().post, "/v1/sessions", body | {"password": PASSWORD}, status=429)
            self.assertIn("Retry-After", refused.body["detail"])

    def test_secrets_are_shown_once_and_revoking_ends_them(self):
        made = self.http.post("/v1/tokens", {"kind": "user", "name": "script"}, token_made, 201)
        script = self.server.http(made["token"])
        script.get("/v1/account")
        self.assertNotIn(made["token"], str(self.http.all("/v1/tokens")))
        self.http.delete(f"/v1/tokens/{made['id']}")
        self.assertProblem("unauthorized", script.get, "/v1/account", status=401)

    def test_a_connectors_token_opens_nothing_else(self):
        channel = self.company.channel()
        connector = self.server.http(self.company.connector_token(channel))
        for path in ("/v1/account", "/v1/users", "/v1/conversations", "/v1/inboxes", f"/v1/channels/{channel}/assignment"):
            self.assertProblem("access_denied", connector.get, path, status=403)


class Users(AccountCase):
    def test_users_are_made_read_changed_and_deleted(self):
        member = self.company.user("Grace", seat="free", capacity=3, time_zone="Europe/Berlin",
                                   working_hours=[{"day": "mon", "from": "09:00", "to": "17:00"}])
        read = self.http.get(f"/v1/users/{member.id}", shapes.user)
        self.assertEqual((read["seat"], read["capacity"], read["time_zone"]), ("free", 3, "Europe/Berlin"))
        self.assertEqual(read["working_hours"], [{"day": "mon", "from": "09:00", "to": "17:00"}])
        changed = self.http.patch(f"/v1/users/{member.id}", {"seat": "paid", "capacity": None}, shapes.user)
        self.assertEqual((changed["seat"], changed["capacity"], changed["first_name"]), ("paid", None, "Grace"))
        self.assertGreater(changed["version"], read["version"])
        self.http.delete(f"/v1/users/{member.id}")
        self.assertProblem("not_found", self.http.get, f"/v1/users/{member.id}", status=404)
        self.assertProblem("unauthorized", member.http.get, "/v1/account", status=401)

    def test_an_email_is_used_once_on_the_whole_server(self):
        self.company.user("Grace")
        other = Company(self.server)
        body = {"first_name": "G", "last_name": "H", "email": f"GRACE@company-{self.company.number}.example", "seat": "free"}
        for http in (self.http, other.http):
            self.assertProblem("address_taken", http.post, "/v1/users", body, status=409)

    def test_a_member_without_permissions_changes_no_configuration(self):
        member = self.company.user("Plain")
        other = self.company.user("Other")
        channel = self.company.channel()
        for call in ((member.http.post, "/v1/users", {"first_name": "X", "last_name": "Y", "email": "x@y.example", "seat": "free"}),
                     (member.http.patch, f"/v1/users/{other.id}", {"permissions": ["super_admin"]}),
                     (member.http.patch, f"/v1/users/{member.id}", {"permissions": ["super_admin"]}),
                     (member.http.post, f"/v1/inboxes/{self.company.inbox}/channels", {"type": "custom", "name": "mine"}),
                     (member.http.patch, f"/v1/channels/{channel}", {"on": False})):
            self.assertProblem("access_denied", *call, status=403)

    def test_A2_account_access_may_connect_channels(self):
        member = self.company.user("Channeller", permissions=["account_access"])
        member.http.post(f"/v1/inboxes/{self.company.inbox}/channels", {"type": "custom", "name": "mine"}, shapes.channel, 201)

    def test_A29_availability_is_set_by_oneself_or_by_who_manages_it(self):
        member, boss, other = self.company.user("Agent"), self.company.user("Boss", permissions=["availability_management"]), \
            self.company.user("Other")
        path = f"/v1/users/{member.id}/availability"
        self.assertEqual(self.http.get(path, shapes.availability)["status"], "away", "a new user is away")
        self.assertEqual(member.be("available"), {"status": "available", "reason": "manual", "until": None})
        self.assertEqual(boss.http.put(path, {"status": "away"}, shapes.availability)["status"], "away")
        self.assertProblem("access_denied", other.http.put, path, {"status": "available"}, status=403)
        self.assertProblem("invalid", member.http.put, path, {"status": "asleep"}, status=422)

    def test_teams_have_main_and_extra_members(self):
        one, two = self.company.user("One"), self.company.user("Two")
        team = self.http.post("/v1/teams", {"name": "Support", "members": [
            {"user": one.id, "main": True}, {"user": two.id, "main": False}]}, shapes.team, 201)
        self.assertEqual(self.http.get(f"/v1/users/{one.id}")["teams"], [{"team": team["id"], "main": True}])
        self.assertEqual(self.http.get(f"/v1/users/{two.id}")["teams"], [{"team": team["id"], "main": False}])
        self.http.delete(f"/v1/teams/{team['id']}")
        self.assertEqual(self.http.get(f"/v1/users/{one.id}")["teams"], [])


class Inboxes(AccountCase):
    def test_S72_S73_a_second_inbox_depends_on_the_plan(self):
        body = {"name": "Sales", "access": {"mode": "everyone", "users": [], "teams": []}}
        for plan, allowed in (("free", False), ("starter", False), ("professional", True), ("enterprise", True)):
            http = Company(self.server, plan).http
            if allowed:
                http.post("/v1/inboxes", body, shapes.inbox, 201)
            else:
                self.assertProblem("plan_limit", http.post, "/v1/inboxes", body, status=403)
                self.assertEqual(len(http.all("/v1/inboxes")), 1)

    def test_S76_after_a_downgrade_inboxes_go_on_and_creating_is_refused(self):
        body = {"name": "Sales", "access": {"mode": "everyone", "users": [], "teams": []}}
        inbox = self.http.post("/v1/inboxes", body, shapes.inbox, 201)["id"]
        channel = self.company.channel(inbox=inbox)
        self.http.patch("/v1/account", {"plan": "free"})
        self.assertProblem("plan_limit", self.http.post, "/v1/inboxes", body | {"name": "More"})
        self.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", 0)]})
        self.assertEqual(len(self.company.conversations(inbox=inbox)), 1)

    def test_S7_renaming_changes_the_name_only_and_blank_is_refused(self):
        path = f"/v1/inboxes/{self.company.inbox}"
        before = self.http.get(path, shapes.inbox)
        after = self.http.patch(path, {"name": "Post"}, shapes.inbox)
        self.assertEqual({**before, "name": 0, "version": 0}, {**after, "name": 0, "version": 0})
        for blank in ("", "   ", "\t"):
            self.assertProblem("invalid", self.http.patch, path, {"name": blank}, status=422)
        self.assertEqual(self.http.get(path)["name"], "Post")

    def test_A62_the_default_inbox_stays_and_others_can_be_deleted(self):
        inbox = self.http.post("/v1/inboxes", {"name": "Sales", "access": {"mode": "everyone", "users": [], "teams": []}}, None, 201)["id"]
        self.http.delete(f"/v1/inboxes/{inbox}")
        self.assertProblem("not_found", self.http.get, f"/v1/inboxes/{inbox}")
        self.assertGreaterEqual(self.assertAnyProblem(self.http.delete, f"/v1/inboxes/{self.company.inbox}").status, 403)
        self.http.get(f"/v1/inboxes/{self.company.inbox}", shapes.inbox)

    def assertAnyProblem(self, call, *arguments):
        with self.assertRaises(Problem) as caught:
            call(*arguments)
        return caught.exception

    def test_S9_S74_access_is_changed_whole(self):
        member, path = self.company.user("One"), f"/v1/inboxes/{self.company.inbox}/access"
        team = self.company.team("Team", member)
        wanted = {"mode": "specific", "users": [member.id], "teams": [team]}
        self.http.put(path, wanted, shapes.access)
        self.assertEqual({k: self.http.get(path)[k] for k in wanted}, wanted)
        unknown = {"mode": "specific", "users": ["usr_0000000000000"], "teams": []}
        self.assertIn(self.assertAnyProblem(self.http.put, path, unknown).code, ("invalid", "not_found"))
        self.assertEqual({k: self.http.get(path)[k] for k in wanted}, wanted, "nothing changed")

    def test_S17_an_admin_without_access_still_edits_and_may_add_themselves(self):
        member, path = self.company.user("One"), f"/v1/inboxes/{self.company.inbox}/access"
        self.http.put(path, {"mode": "specific", "users": [member.id], "teams": []})
        self.http.patch(f"/v1/inboxes/{self.company.inbox}", {"name": "Mine"})
        self.http.put(path, {"mode": "specific", "users": [member.id, self.company.admin.id], "teams": []}, shapes.access)

    def test_if_match_of_before_is_412_and_changes_nothing(self):
        channel = self.company.channel()
        member = self.company.user("One")
        team = self.company.team("Team")
        for path in (f"/v1/inboxes/{self.company.inbox}", f"/v1/channels/{channel}", f"/v1/teams/{team}"):
            version = self.http.get(path)["version"]
            fresh = self.http.patch(path, {"name": "First"}, If_Match=f'"{version}"')
            self.assertGreater(fresh["version"], version)
            self.assertProblem("version_conflict", self.http.patch, path, {"name": "Second"}, If_Match=f'"{version}"', status=412)
            self.assertEqual(self.http.get(path)["name"], "First")
        path = f"/v1/users/{member.id}"
        self.assertProblem("version_conflict", self.http.patch, path, {"first_name": "X"}, If_Match='"999"', status=412)


class Channels(AccountCase):
    def test_S75_channels_are_listed_changed_and_deleted(self):
        everyone = {"mode": "everyone", "users": [], "teams": []}
        other = self.http.post("/v1/inboxes", {"name": "Other", "access": everyone}, shapes.inbox, 201)["id"]
        first = self.company.channel("one")
        elsewhere = self.company.channel("elsewhere", other)
        made = [first, self.company.channel("two")]
        path = f"/v1/inboxes/{self.company.inbox}/channels"
        for limit in (1, 2, 200):
            self.assertEqual([c["id"] for c in self.http.all(path, shapes.channel, limit=limit)], made)
        self.assertEqual([c["id"] for c in self.http.all(f"/v1/inboxes/{other}/channels")], [elsewhere])
        changed = self.http.patch(f"/v1/channels/{made[0]}", {"name": "uno", "on": False}, shapes.channel)
        self.assertEqual((changed["name"], changed["on"], changed["inbox"]), ("uno", False, self.company.inbox))
        self.http.delete(f"/v1/channels/{made[1]}")
        self.assertEqual([c["id"] for c in self.http.all(path)], made[:1])
        for body in ({"type": "pigeon", "name": "x"}, {"type": "custom", "name": ""}, {"type": "custom"}, {"name": "x"}):
            self.assertProblem("invalid", self.http.post, path, body, status=422)

    def test_S49_S57_a_rule_is_off_and_careful_by_default(self):
        rule = self.http.get(f"/v1/channels/{self.company.channel()}/assignment", shapes.assignment_rule)
        self.assertEqual((rule["enabled"], rule["only_available"], rule["strategy"], rule["queue"]), (False, True, "balanced", True))

    def test_a_rule_is_read_back_as_it_was_put(self):
        member = self.company.user("One")
        team = self.company.team("Team", member)
        channel = self.company.channel()
        wanted = {"enabled": True, "assign_to": "contact_owner", "users": [member.id], "teams": [team], "only_available": False,
                  "strategy": "round_robin", "queue": False, "fallback": {"users": [member.id], "teams": []}}
        self.http.put(f"/v1/channels/{channel}/assignment", wanted, shapes.assignment_rule)
        read = self.http.get(f"/v1/channels/{channel}/assignment")
        self.assertEqual({k: read[k] for k in wanted}, wanted)

    def test_S60_S61_free_seats_in_a_rule_are_refused(self):
        free, paid = self.company.user("Free", seat="free"), self.company.user("Paid")
        channel = self.company.channel()
        self.assertProblem("seat_required", self.company.rule, channel, [free], status=403)
        self.assertProblem("seat_required", self.company.rule, channel, teams=[self.company.team("Free ones", free)], status=403)
        self.company.rule(channel, teams=[self.company.team("Mixed", free, paid)])

    def test_S48_only_a_paid_seat_sets_rules(self):
        member = self.company.user("Cheap", seat="free", permissions=["account_access"])
        channel = self.company.channel()
        rule = self.http.get(f"/v1/channels/{channel}/assignment")
        self.assertProblem("seat_required", member.http.put, f"/v1/channels/{channel}/assignment",
                           {k: v for k, v in rule.items() if k != "version"} | {"enabled": True}, status=403)


class Isolation(AccountCase):
    def test_another_accounts_ids_are_not_found(self):
        channel = self.company.channel()
        member = self.company.user("One")
        team = self.company.team("Team")
        self.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", 0)]})
        conversation = self.company.conversations()[0]
        http = Company(self.server).http
        rule = {"enabled": False, "assign_to": "specific", "users": [], "teams": [], "only_available": True, "strategy": "balanced",
                "queue": True, "fallback": {"users": [], "teams": []}}
        cases = [("GET", f"/v1/users/{member.id}", None), ("PATCH", f"/v1/users/{member.id}", {"first_name": "X"}),
                 ("DELETE", f"/v1/users/{member.id}", None), ("GET", f"/v1/users/{member.id}/availability", None),
                 ("PUT", f"/v1/users/{member.id}/availability", {"status": "available"}), ("GET", f"/v1/teams/{team}", None),
                 ("DELETE", f"/v1/teams/{team}", None), ("GET", f"/v1/inboxes/{self.company.inbox}", None),
                 ("PATCH", f"/v1/inboxes/{self.company.inbox}", {"name": "X"}), ("GET", f"/v1/inboxes/{self.company.inbox}/access", None),
                 ("PUT", f"/v1/inboxes/{self.company.inbox}/access", {"mode": "everyone", "users": [], "teams": []}),
                 ("GET", f"/v1/inboxes/{self.company.inbox}/channels", None),
                 ("POST", f"/v1/inboxes/{self.company.inbox}/channels", {"type": "custom", "name": "x"}),
                 ("GET", f"/v1/channels/{channel}", None), ("PATCH", f"/v1/channels/{channel}", {"on": False}),
                 ("DELETE", f"/v1/channels/{channel}", None), ("PUT", f"/v1/channels/{channel}/assignment", rule),
                 ("POST", f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", 1)]}),
                 ("GET", f"/v1/contacts/{conversation['contact']}", None)]
        which = f"/v1/conversations/{conversation['id']}"
        cases += [("GET", which, None), ("PATCH", which, {"status": "closed"}), ("DELETE", which, None), ("GET", which + "/history", None),
                  ("GET", which + "/decisions", None), ("POST", which + "/messages", {"text": "x"}),
                  ("POST", which + "/comments", {"text": "x"}), ("PUT", which + "/assignee", {"user": member.id}),
                  ("DELETE", which + "/assignee", None)]
        for method, path, body in cases:
            with self.subTest(method=method, path=path):
                self.assertProblem("not_found", http.call, method, path, body, status=404)
        self.assertEqual(self.company.conversation(conversation["id"]), conversation)
        self.assertEqual(len(self.company.history(conversation["id"])), 1)

    def test_lists_show_one_account_only(self):
        self.company.user("One"), self.company.team("Team"), self.company.channel()
        other = Company(self.server)
        self.assertEqual(len(other.http.all("/v1/users")), 1)
        self.assertEqual(other.http.all("/v1/teams"), [])
        self.assertEqual(other.conversations(), [])
        self.assertProblem("not_found", other.http.get, "/v1/conversations", inbox=self.company.inbox)

    def test_the_audit_log_tells_who_changed_what_across_a_kill(self):
        member = self.company.user("Changed")
        self.http.patch(f"/v1/users/{member.id}", {"capacity": 7})
        self.server.restart_after_kill()
        newest = self.http.get(f"/v1/audit?resource={member.id}")["items"]
        self.assertEqual([each["action"] for each in newest], ["changed", "created"])
        self.assertEqual((newest[0]["before"]["capacity"], newest[0]["after"]["capacity"]), (None, 7))
        self.assertEqual(newest[0]["by"]["user"], self.company.admin.id)
        first = self.http.get("/v1/audit?limit=1")
        rest = self.http.get(f"/v1/audit?after={first['next']}&limit=200")
        self.assertEqual([each["id"] for each in first["items"] + rest["items"]],
                         [each["id"] for each in self.http.get("/v1/audit?limit=200")["items"]])
        self.assertEqual(rest["items"][-1]["by"], {"operator": True}, "the founding of the account")
        self.assertProblem("access_denied", member.http.get, "/v1/audit", status=403)

    def test_everything_is_there_after_a_kill(self):
        member = self.company.user("One")
        member.be("available")
        channel = self.company.channel(users=[member])
        paths = ("/v1/account", "/v1/users", "/v1/inboxes", f"/v1/channels/{channel}", f"/v1/channels/{channel}/assignment",
                 f"/v1/users/{member.id}/availability", "/v1/tokens")
        before = [self.http.get(path) for path in paths]
        self.server.restart_after_kill()
        self.assertEqual([self.http.get(path) for path in paths], before)
        member.http.get("/v1/account")


if __name__ == "__main__":
    main()
