#include "rules/inbox_names.hpp"
#include "rules/mail_addresses.hpp"
#include "rules/text.hpp"
#include "tests/rules/changes_fixture.hpp"

namespace signalbox {
namespace {

struct FallbackChanges : Changes {
  inbox_id second = acme.add_inbox();
  std::set<std::string> addresses_elsewhere;
  std::vector<outgoing_mail> mails;

  FallbackChanges() {
    acme.config.account.subdomain = "acme";
    acme.config.domains = {"inbox.example.com", "free.example.com"};
    acme.change(first_inbox, [](inbox& i) { i.name = "Conversations"; });
    acme.change(second, [](inbox& i) { i.name = "Conversations"; });
    (void)provision_all(acme.config);
  }

  change_context asking() {
    auto context = by(boss);
    context.address_in_use = [this](const std::string& address) { return addresses_elsewhere.contains(address); };
    return context;
  }
  [[nodiscard]] set_fallback_email settings(inbox_id of, std::string company = "Acme Bakery") const {
    set_fallback_email wanted;
    wanted.inbox = of;
    wanted.company = std::move(company);
    return wanted;
  }
  set_fallback_email with_custom(inbox_id of, std::string address) const {
    auto wanted = settings(of, "Custom of " + to_text(of));
    wanted.address_mode = from_address_mode::custom;
    wanted.custom = std::move(address);
    return wanted;
  }
  /// `code` as its hash would be; the fresh one is always "fresh".
  static verify_address verify(inbox_id of, std::string address, std::optional<std::string> code = std::nullopt) {
    verify_address wanted;
    wanted.inbox = of;
    wanted.address = std::move(address);
    if (code) wanted.code = "", wanted.code_hash = "hash of " + *code;
    wanted.fresh_code = "fresh";
    wanted.fresh_hash = "hash of fresh";
    return wanted;
  }
  /// Nothing: it was made. The refusal's code otherwise.
  std::optional<refusal_code> attempt(const account_change& what, milliseconds later = {}) {
    auto context = asking();
    context.now += later;
    auto result = try_as(context, what);
    if (const auto* no = std::get_if<refusal>(&result)) return no->code;
    auto& applied = std::get<applied_change>(result);
    acme.config = std::move(applied.config);
    mails.insert(mails.end(), applied.mails.begin(), applied.mails.end());
    return std::nullopt;
  }
  [[nodiscard]] const fallback_email& of(inbox_id id) const { return acme.of(id).fallback; }
  [[nodiscard]] std::string address(inbox_id id) const { return address_in_force(acme.config, acme.of(id)); }
};

constexpr auto made = std::nullopt;

TEST_F(FallbackChanges, S5_FoundingAnAccountMakesOneInboxWithItsFallbackAddress) {
  auto context = by(std::nullopt);
  context.domains = acme.config.domains;
  const auto founded = found_account({"Bolt", "bolt", plan::starter, person("ada@bolt.example")}, context);
  const auto& config = std::get<applied_change>(founded).config;
  ASSERT_EQ(config.inboxes.size(), 1u);
  const auto& only = *config.inboxes.ordered().front();
  EXPECT_EQ(address_in_force(config, only), "conversations@bolt.inbox.example.com");
  EXPECT_EQ(only.fallback.company, "Bolt");
  EXPECT_TRUE(only.fallback.send) << "S24: used at once";
}

TEST_F(FallbackChanges, S33_S34_TheDomainIsThatOfThePlan) {
  for (const auto& [of, domain] : {std::pair{plan::free, "free"}, {plan::starter, "inbox"}, {plan::enterprise, "inbox"}}) {
    acme.config.account.plan = of;
    EXPECT_EQ(address(first_inbox), std::string{"conversations@acme."} + domain + ".example.com");
  }
}

TEST_F(FallbackChanges, S34_ASecondInboxThatWouldClashGetsASuffix) {
  EXPECT_EQ(of(second).username, "conversations-1");
  EXPECT_EQ(of(second).company, "Acme-1") << "S30 holds for what is provisioned too";
  const auto third = create<inbox_id>(create_inbox{"Conversations", {}});
  EXPECT_EQ(of(third).username, "conversations-2");
  EXPECT_EQ(of(third).company, "Acme-2");
  EXPECT_EQ(of(create<inbox_id>(create_inbox{"Front Desk / Köln", {}})).username, "front-desk-k-ln");
  EXPECT_EQ(of(create<inbox_id>(create_inbox{"受信箱", {}})).username, "inbox");
  // A custom address of the account's own domain is in the way like any other.
  ASSERT_EQ(attempt(verify(first_inbox, "sales@acme.inbox.example.com")), made);
  EXPECT_EQ(of(create<inbox_id>(create_inbox{"Sales", {}})).username, "sales-1");
  const auto long_name = of(create<inbox_id>(create_inbox{std::string(200, 'x'), {}})).username;
  EXPECT_TRUE(is_email(long_name + "@acme.inbox.example.com")) << long_name;
}

TEST_F(FallbackChanges, S34_NamesThatAreKeptGiveWhatGatheringThemAnewWould) {
  inbox_names kept{acme.config};
  const auto both_give = [&](const std::string& name) {
    inbox by_kept, anew;
    by_kept.name = anew.name = name;
    kept.give(acme.config, by_kept);
    provision(acme.config, anew);
    EXPECT_EQ(by_kept.fallback, anew.fallback) << name;
    return by_kept.fallback.username;
  };
  const auto after_a_change = [&](inbox_id which, const account_change& what) {
    const auto before = acme.config;
    make_as(boss, what);
    if (const auto* then = before.inboxes.find(which)) kept.remove(before, *then);
    if (const auto* now = acme.config.inboxes.find(which)) kept.add(acme.config, *now);
  };
  std::vector<inbox_id> all;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(both_give("Conversations"), "conversations-" + std::to_string(i + 2));
    all.push_back(create<inbox_id>(create_inbox{"Conversations", {}}));
    kept.add(acme.config, *acme.config.inboxes.find(all.back()));
  }
  after_a_change(all[1], delete_inbox{all[1]});
  EXPECT_EQ(both_give("Conversations"), "conversations-3") << "the first that nobody has";
  after_a_change(all[2], verify(all[2], "sales@acme.inbox.example.com"));
  EXPECT_EQ(both_give("Sales"), "sales-1");
  after_a_change(all[3], settings(all[3], "Another"));
  both_give("Conversations");
  after_a_change(all[3], delete_inbox{all[3]});
  both_give("Another");
}

TEST_F(FallbackChanges, S7_RenamingLeavesTheAddress) {
  make_as(boss, rename_inbox{first_inbox, "Front desk", {}});
  EXPECT_EQ(address(first_inbox), "conversations@acme.inbox.example.com");
}

TEST_F(FallbackChanges, S35_AfterAChangeOfPlanTheAddressOfBeforeKeepsReceiving) {
  const auto before = address(first_inbox);
  make_as(boss, rename_account{{}, plan::free, {}});
  EXPECT_EQ(address(first_inbox), "conversations@acme.free.example.com");
  const auto receives = receiving_addresses(acme.config, acme.of(first_inbox));
  EXPECT_TRUE(std::binary_search(receives.begin(), receives.end(), before));
  EXPECT_TRUE(std::binary_search(receives.begin(), receives.end(), address(first_inbox)));
}

TEST_F(FallbackChanges, S37_S38_TheForwardingAddressStaysWhateverChanges) {
  const auto before = forwarding_address(acme.config, acme.of(first_inbox));
  EXPECT_TRUE(is_email(before)) << before;
  EXPECT_NE(before, forwarding_address(acme.config, acme.of(second)));
  ASSERT_EQ(attempt(verify(first_inbox, "hello@acme.inbox.example.com")), made);
  ASSERT_EQ(attempt(with_custom(first_inbox, "hello@acme.inbox.example.com")), made);
  make_as(boss, rename_account{{}, plan::free, {}});
  make_as(boss, rename_inbox{first_inbox, "Other", {}});
  EXPECT_EQ(forwarding_address(acme.config, acme.of(first_inbox)), before);
  const auto receives = receiving_addresses(acme.config, acme.of(first_inbox));
  EXPECT_TRUE(std::binary_search(receives.begin(), receives.end(), before));
}

TEST_F(FallbackChanges, S6_S24_S44_TheDefaultInboxsAddressIsCustomisedAsAWhole) {
  auto wanted = settings(first_inbox, "  Acme Bakery ");
  wanted.send = false;
  wanted.name_mode = from_name_mode::company;
  wanted.signature_html = "<b>Bye</b>";
  wanted.signature_on = true;
  wanted.original_sender = false;
  wanted.if_match = 1;
  ASSERT_EQ(attempt(wanted), made);
  const auto& now = of(first_inbox);
  EXPECT_FALSE(now.send);
  EXPECT_EQ(now.company, "Acme Bakery");
  EXPECT_EQ(now.signature_html, "<b>Bye</b>");
  EXPECT_FALSE(now.original_sender);
  EXPECT_EQ(now.version, 2u);
  EXPECT_EQ(acme.of(first_inbox).version, 1u) << "it counts versions of its own";
  EXPECT_EQ(attempt(wanted), refusal_code::version_conflict);
  ASSERT_EQ(attempt(settings(first_inbox)), made);
  EXPECT_TRUE(of(first_inbox).send && of(first_inbox).original_sender) << "S44, and what isn't named is as by default";
  EXPECT_FALSE(of(first_inbox).signature_on);
}

TEST_F(FallbackChanges, S17_OnlyAdministratorsChangeIt) {
  for (const auto who : {agent, free_user}) {
    EXPECT_EQ(code(who, settings(first_inbox)), refusal_code::access_denied);
    EXPECT_EQ(code(who, verify(first_inbox, "a@b.example")), refusal_code::access_denied);
    EXPECT_EQ(code(who, set_mail_filters{first_inbox, {}, {}}), refusal_code::access_denied);
  }
  acme.restrict_to(first_inbox, {agent});
  EXPECT_EQ(code(access_admin, settings(first_inbox)), made) << "not chosen, and may all the same";
  for (const account_change& unknown : {account_change{settings({999})}, account_change{verify({999}, "a@b.example")},
                                        account_change{set_mail_filters{{999}, {}, {}}}})
    EXPECT_EQ(code(boss, unknown), refusal_code::not_found);
}

TEST_F(FallbackChanges, S27_BothModesTakeACompany) {
  for (const auto mode : {from_name_mode::agent_and_company, from_name_mode::company})
    for (const char* wrong : {"", "  ", "a\nBcc: everybody@example.com", "\xFF"}) {
      auto wanted = settings(first_inbox, wrong);
      wanted.name_mode = mode;
      EXPECT_EQ(pointers(wanted), strings{"/from_name/company"}) << wrong;
    }
}

TEST_F(FallbackChanges, S30_NoTwoShareAFromNameTrimmedAndCaseFolded) {
  ASSERT_EQ(attempt(settings(first_inbox, "Straße Ärzte Ωmega Почта")), made);
  for (const char* same : {"Straße Ärzte Ωmega Почта", " straße ärzte ωmega почта\t", "STRAßE ÄRZTE ΩMEGA ПОЧТА"})
    EXPECT_EQ(attempt(settings(second, same)), refusal_code::from_name_taken) << same;
  auto other_mode = settings(second, "Straße Ärzte Ωmega Почта");
  other_mode.name_mode = from_name_mode::company;
  EXPECT_EQ(attempt(other_mode), made) << "the recipient sees another name";
  EXPECT_EQ(attempt(settings(second, "Strasse Ärzte Ωmega Почта")), made);
}

TEST_F(FallbackChanges, S31_SavingOnesOwnValueAgainIsNoConflict) {
  ASSERT_EQ(attempt(settings(first_inbox, "Acme Bakery")), made);
  EXPECT_EQ(attempt(settings(first_inbox, "ACME bakery")), made);
}

TEST_F(FallbackChanges, S32_S36_OnlyAVerifiedAddressIsSaved) {
  EXPECT_EQ(attempt(with_custom(first_inbox, "hello@acme.inbox.example.com")), refusal_code::address_unverified);
  ASSERT_EQ(attempt(verify(first_inbox, " Hello@ACME.inbox.example.com ")), made);
  EXPECT_TRUE(mails.empty()) << "a domain of the operator's own needs no code";
  EXPECT_EQ(address(first_inbox), "conversations@acme.inbox.example.com") << "verifying saves nothing";
  ASSERT_EQ(attempt(with_custom(first_inbox, "Hello@acme.inbox.example.com")), made);
  EXPECT_EQ(address(first_inbox), "Hello@acme.inbox.example.com");
  auto plain = settings(first_inbox);
  plain.custom = "Hello@acme.inbox.example.com";
  ASSERT_EQ(attempt(plain), made) << "kept while the default one is used";
  EXPECT_EQ(address(first_inbox), "conversations@acme.inbox.example.com");
  auto without = settings(first_inbox);
  without.address_mode = from_address_mode::custom;
  EXPECT_EQ(pointers(without), strings{"/from_address/custom"});
  without.custom = "nobody";
  EXPECT_EQ(pointers(without), strings{"/from_address/custom"});
}

TEST_F(FallbackChanges, S36_EditingTheTextMakesItUnverifiedAgain) {
  for (const char* one : {"a@acme.inbox.example.com", "b@acme.inbox.example.com"}) {
    ASSERT_EQ(attempt(verify(first_inbox, one)), made);
    ASSERT_EQ(attempt(with_custom(first_inbox, one)), made);
  }
  EXPECT_EQ(attempt(with_custom(first_inbox, "a@acme.inbox.example.com")), refusal_code::address_unverified);
  ASSERT_EQ(attempt(settings(first_inbox)), made);
  EXPECT_EQ(attempt(with_custom(first_inbox, "b@acme.inbox.example.com")), refusal_code::address_unverified);
  EXPECT_TRUE(reserved_addresses(acme.of(first_inbox)).empty());
}

TEST_F(FallbackChanges, S36_VerifyingChecksTheSyntaxAndTheDomain) {
  for (const char* wrong : {"", "nobody", "a@", "@b.example", "a b@c.example", "a@b..example", "a@other.inbox.example.com",
                            "a@inbox.example.com", "a@free.example.com", "a@deep.acme.inbox.example.com"})
    EXPECT_EQ(pointers(verify(first_inbox, wrong)), strings{"/address"}) << wrong;
  EXPECT_EQ(pointers(verify(first_inbox, "a@notinbox.example.com")), strings{}) << "ends alike, and is another domain";
}

TEST_F(FallbackChanges, S36_AnAddressThatAnyoneUsesIsTaken) {
  EXPECT_EQ(attempt(verify(first_inbox, "conversations-1@acme.inbox.example.com")), refusal_code::address_taken);
  EXPECT_EQ(attempt(verify(first_inbox, "conversations-1@acme.free.example.com")), refusal_code::address_taken);
  ASSERT_EQ(attempt(verify(second, "x@acme.inbox.example.com")), made);
  EXPECT_EQ(attempt(verify(first_inbox, "X@acme.inbox.example.com")), refusal_code::address_taken)
      << "reserved when it is verified";
  addresses_elsewhere.insert("help@shop.example");
  EXPECT_EQ(attempt(verify(first_inbox, "Help@shop.example")), refusal_code::address_taken);
  EXPECT_TRUE(mails.empty());
}

TEST_F(FallbackChanges, S36_AForeignDomainNeedsTheCodeThatIsMailedToIt) {
  ASSERT_EQ(attempt(verify(first_inbox, "Help@Shop.example")), made);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].to, "help@shop.example");
  EXPECT_NE(mails[0].text.find("fresh"), std::string::npos);
  EXPECT_EQ(of(first_inbox).verified, std::nullopt);
  ASSERT_TRUE(of(first_inbox).pending);
  EXPECT_EQ(of(first_inbox).pending->code_hash, "hash of fresh") << "of the code only the hash is kept";
  EXPECT_EQ(attempt(with_custom(first_inbox, "help@shop.example")), refusal_code::address_unverified);
  ASSERT_EQ(attempt(verify(first_inbox, "help@shop.example", "wrong")), made);
  EXPECT_EQ(of(first_inbox).verified, std::nullopt);
  ASSERT_EQ(attempt(verify(first_inbox, "other@shop.example", "fresh")), made);
  EXPECT_EQ(of(first_inbox).verified, std::nullopt) << "the code is the address's";
  ASSERT_EQ(attempt(verify(first_inbox, "HELP@shop.example", "fresh")), made);
  EXPECT_EQ(of(first_inbox).verified, "help@shop.example");
  EXPECT_FALSE(of(first_inbox).pending);
  EXPECT_EQ(attempt(with_custom(first_inbox, "Help@Shop.example")), made);
  EXPECT_EQ(mails.size(), 1u);
}

TEST_F(FallbackChanges, S36_ACodeLapsesByTimeAndByWrongAttempts) {
  ASSERT_EQ(attempt(verify(first_inbox, "a@shop.example")), made);
  ASSERT_EQ(attempt(verify(first_inbox, "a@shop.example", "fresh"), verification_lifetime), made);
  EXPECT_EQ(of(first_inbox).verified, std::nullopt) << "too late";
  EXPECT_EQ(attempt(verify(first_inbox, "a@shop.example"), std::chrono::seconds{59}), refusal_code::rate_limited);
  ASSERT_EQ(attempt(verify(first_inbox, "a@shop.example"), std::chrono::minutes{1}), made);
  for (std::uint32_t i = 0; i < verification_attempts; ++i)
    ASSERT_EQ(attempt(verify(first_inbox, "a@shop.example", "guess"), std::chrono::minutes{2}), made);
  ASSERT_EQ(attempt(verify(first_inbox, "a@shop.example", "fresh"), std::chrono::minutes{2}), made);
  EXPECT_EQ(of(first_inbox).verified, std::nullopt) << "guessed too often";
}

TEST_F(FallbackChanges, A4_AnEmailChannelMayHaveAnAddressOfItsOwn) {
  const auto connect = [&](std::optional<std::string> address, channel_type type = channel_type::email) {
    return connect_channel{first_inbox, type, "Mail", std::move(address)};
  };
  EXPECT_EQ(attempt(connect(std::nullopt)), made) << "a connector's e-mail needn't say where it comes from";
  EXPECT_EQ(pointers(connect("nobody")), strings{"/address"});
  EXPECT_EQ(pointers(connect("a@shop.example", channel_type::chat)), strings{"/address"});
  EXPECT_EQ(pointers(connect("conversations@acme.inbox.example.com")), strings{"/address"}) << "the server's own";
  const auto id = create<channel_id>(connect(" Help@shop.example "));
  EXPECT_EQ(acme.of(id).address, "Help@shop.example");
  EXPECT_EQ(attempt(connect("help@SHOP.example")), refusal_code::address_taken);
  EXPECT_EQ(attempt(connect_channel{second, channel_type::email, "Mail", "help@shop.example"}), refusal_code::address_taken);
  addresses_elsewhere.insert("info@shop.example");
  EXPECT_EQ(attempt(connect("info@shop.example")), refusal_code::address_taken) << "another account's";
  make_as(boss, delete_channel{id});
  EXPECT_EQ(attempt(connect("help@shop.example")), made);
}

TEST_F(FallbackChanges, S25_ConnectingATeamEmailLeavesTheFallbackAddress) {
  const auto before = of(first_inbox);
  create<channel_id>(connect_channel{first_inbox, channel_type::email, "Mail", "help@shop.example"});
  EXPECT_EQ(of(first_inbox), before);
}

TEST_F(FallbackChanges, A49_A50_FiltersAreAddressesAndDomains) {
  mail_filters wanted;
  wanted.allow = {" Ada@Shop.example ", "ada@shop.example", "Shop.example"};
  wanted.deny = {"spam.example"};
  wanted.own_addresses = false;
  ASSERT_EQ(attempt(set_mail_filters{first_inbox, wanted, 1}), made);
  EXPECT_EQ(acme.of(first_inbox).filters.allow, (strings{"ada@shop.example", "shop.example"}));
  EXPECT_EQ(acme.of(first_inbox).filters.version, 2u);
  EXPECT_EQ(attempt(set_mail_filters{first_inbox, wanted, 1}), refusal_code::version_conflict);
  wanted.allow = {"fine.example", "no domain", "*@shop.example", ""};
  wanted.deny = {std::string(255, 'x')};
  EXPECT_EQ(pointers(set_mail_filters{first_inbox, wanted, {}}), (strings{"/allow/1", "/allow/3", "/deny/0"}));
  wanted.allow = strings(filter_entries_max + 1, "a.example");
  wanted.deny = {};
  EXPECT_EQ(pointers(set_mail_filters{first_inbox, wanted, {}}), strings{"/allow"});
}

TEST_F(FallbackChanges, InboxesOfAStoreOfBeforeAreProvisionedOnceAndStay) {
  account_config old = acme.config;
  for (const auto id : {first_inbox, second}) {
    auto bare = *old.inboxes.find(id);
    bare.fallback = {};
    old.inboxes.set(id, bare);
  }
  EXPECT_EQ(provision_all(old), (std::vector{first_inbox, second}));
  EXPECT_EQ(old.inboxes.find(second)->fallback, of(second));
  EXPECT_TRUE(provision_all(old).empty());
}

}  // namespace
}  // namespace signalbox
