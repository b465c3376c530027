#include "sandbox/dynamics/fixture.h"
#include "sandbox/dynamics/org/state.h"

#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

using testing::HasSubstr;

class DynamicsOrgTest : public DynamicsTest {
  protected:
    std::int64_t number(const std::string& sql) {
        const auto transaction = *org_->read();
        const auto cursor = *transaction->query(sql);
        EXPECT_TRUE(*cursor->next());
        return cursor->integer(0);
    }
    std::vector<std::string> ids(const Table& of, std::int64_t count) {
        const auto transaction = *org_->read();
        return *State{*transaction}.some_ids(of, count);
    }
    Values row(const Table& of, const std::string& id) {
        const auto transaction = *org_->read();
        return State{*transaction}.row(of, id)->value_or(Values{});
    }
    std::int64_t safe() {
        const auto transaction = *org_->read();
        return *org_->safe_version(*transaction);
    }
    std::string problem(const Change& change) {
        const auto saved = org_->save(change);
        return saved ? "saved" : saved.error().symbol;
    }
};

TEST_F(DynamicsOrgTest, HasAttributesOfEveryType) {
    std::set<AttributeType> types;
    for (const Table& one : catalog_->tables())
        for (const Attribute& attribute : one.attributes()) types.insert(attribute.type);
    EXPECT_EQ(types.size(), static_cast<std::size_t>(AttributeType::managed_property) + 1);
}

TEST_F(DynamicsOrgTest, GeneratesTheSameRowsForTheSameSeed) {
    auto again = *Org::open(
        {.state = folder_ / "again.db", .seed = 7, .records = {{"account", 40}, {"contact", 300}}}, shifted_);
    const auto& contacts = table("contact");
    const auto first = ids(contacts, 1).front();
    const auto transaction = *again->read();
    auto same = State{*transaction}.row(contacts, first)->value();
    auto mine = row(contacts, first);
    for (auto* values : {&same, &mine}) values->erase(std::string{version_column});
    EXPECT_EQ(same, mine);
}

TEST_F(DynamicsOrgTest, GeneratesLinksThatHold) {
    for (const Relationship& way : catalog_->relationships()) {
        const auto* target = catalog_->find(way.referenced);
        if (target == nullptr) continue;
        const auto& from = table(way.referencing);
        const auto& lookup = *from.find(way.referencing_attribute);
        const auto type =
            lookup.type_column.empty()
                ? std::string{}
                : fmt::format(" AND {} = '{}'", dynamics::quoted(lookup.type_column), way.referenced);
        EXPECT_EQ(number(fmt::format(
                      "SELECT count(*) FROM {} WHERE {} IS NOT NULL{} AND {} NOT IN (SELECT {} FROM {})",
                      table_sql(from), column_sql(lookup), type, column_sql(lookup),
                      dynamics::quoted(target->primary_id()), table_sql(*target))),
                  0)
            << way.schema_name;
    }
    EXPECT_GT(number("SELECT count(*) FROM dynamics_contact WHERE parentcustomeridtype = 'contact'"), 0);
    EXPECT_GT(number("SELECT count(*) FROM dynamics_contact WHERE parentcustomeridtype = 'account'"), 0);
}

TEST_F(DynamicsOrgTest, GeneratesManyRowsOnOneStampAndComputedColumnsThatAreRight) {
    EXPECT_GT(number("SELECT max(n) FROM (SELECT count(*) AS n FROM dynamics_contact GROUP BY modifiedon)"),
              200);
    EXPECT_EQ(number("SELECT count(*) FROM dynamics_contact WHERE fullname <>"
                     " trim(coalesce(firstname, '') || ' ' || coalesce(lastname, ''))"),
              0);
    EXPECT_EQ(
        number(
            "SELECT count(*) FROM dynamics_account a JOIN dynamics_transactioncurrency c"
            " ON a.transactioncurrencyid = c.transactioncurrencyid WHERE a.exchangerate <> c.exchangerate"),
        0);
    EXPECT_EQ(
        number("SELECT count(*) FROM dynamics_account WHERE (revenue IS NULL) <> (revenue_base IS NULL)"), 0);
    EXPECT_EQ(number("SELECT count(*) FROM dynamics_account a JOIN dynamics_transactioncurrency c"
                     " ON a.transactioncurrencyid = c.transactioncurrencyid WHERE c.isocurrencycode = 'EUR'"
                     " AND abs(a.revenue_base - a.revenue) > 50"),
              0);
}

TEST_F(DynamicsOrgTest, GivesEveryChangeALaterVersion) {
    std::int64_t last = number("SELECT value FROM dynamics_version");
    for (const auto& id : ids(table("account"), 5)) {
        const auto saved = org_->save({.kind = Change::Kind::update,
                                       .table = &table("account"),
                                       .key = {.id = id},
                                       .values = {{"name", std::string{"Changed"}}}});
        ASSERT_TRUE(saved) << saved.error().message;
        EXPECT_GT(saved->version, last);
        EXPECT_EQ(row(table("account"), id).at("versionnumber"), Value{saved->version});
        last = saved->version;
    }
}

TEST_F(DynamicsOrgTest, UnlinksWhatADeletedRowLeavesBehind) {
    const auto account = make("accounts", {{"name", "Goes"}});
    const auto contact =
        make("contacts",
             {{"lastname", "Stays"}, {"parentcustomerid_account@odata.bind", "/accounts(" + account + ")"}});
    const auto before = row(table("contact"), contact);
    EXPECT_EQ(before.at("accountid"), Value{account});
    ASSERT_EQ(ask("DELETE", "accounts(" + account + ")").status, 204);
    const auto after = row(table("contact"), contact);
    EXPECT_EQ(after.at("parentcustomerid"), Value{});
    EXPECT_EQ(after.at("parentcustomeridtype"), Value{});
    EXPECT_EQ(after.at("accountid"), Value{});
    EXPECT_GT(std::get<std::int64_t>(after.at("versionnumber")),
              std::get<std::int64_t>(before.at("versionnumber")));
    EXPECT_EQ(number("SELECT count(*) FROM dynamics_deleted WHERE id = '" + account + "'"), 1);
}

TEST_F(DynamicsOrgTest, DeletesTheLinesOfAnOrderWithIt) {
    const auto order = number("SELECT count(*) FROM dynamics_salesorderdetail");
    const auto id = ids(table("salesorder"), 1).front();
    const auto lines =
        number("SELECT count(*) FROM dynamics_salesorderdetail WHERE salesorderid = '" + id + "'");
    ASSERT_EQ(ask("DELETE", "salesorders(" + id + ")").status, 204);
    EXPECT_EQ(number("SELECT count(*) FROM dynamics_salesorderdetail"), order - lines);
    EXPECT_EQ(number("SELECT count(*) FROM dynamics_deleted WHERE table_name = 'salesorderdetail'"), lines);
}

TEST_F(DynamicsOrgTest, ShowsLateChangesWhenTheyAreDueAndKeepsTokensBehindThem) {
    const auto before = safe();
    org_->set_late({.max_delay = std::chrono::minutes{10}, .seed = 3});
    const auto id = make("contacts", {{"lastname", "Late"}});
    EXPECT_EQ(ask("GET", "contacts(" + id + ")").status, 404);
    EXPECT_EQ(*org_->pending(), 1);
    org_->set_late({});
    const auto seen = make("contacts", {{"lastname", "Prompt"}});
    EXPECT_EQ(ask("GET", "contacts(" + seen + ")").status, 200);
    EXPECT_EQ(safe(), before) << "a change that can't be seen yet has an earlier version than one that can";
    clock_.advance(std::chrono::minutes{10});
    EXPECT_EQ(get("contacts(" + id + ")?$select=lastname")["lastname"], "Late");
    EXPECT_GT(safe(), before + 1);
    EXPECT_EQ(*org_->pending(), 0);
}

TEST_F(DynamicsOrgTest, LetsALaterChangeOfALateRowWaitToo) {
    org_->set_late({.max_delay = std::chrono::minutes{10}, .seed = 3});
    const auto id = make("contacts", {{"lastname", "Late"}});
    org_->set_late({});
    EXPECT_EQ(ask("PATCH", "contacts(" + id + ")", R"({"jobtitle":"Later"})", {{"If-Match", "*"}}).status,
              204);
    EXPECT_EQ(ask("GET", "contacts(" + id + ")").status, 404);
    ASSERT_TRUE(org_->apply_pending());
    const auto row = get("contacts(" + id + ")?$select=lastname,jobtitle");
    EXPECT_EQ(row["lastname"], "Late");
    EXPECT_EQ(row["jobtitle"], "Later");
}

TEST_F(DynamicsOrgTest, ExpiresTokensByAgeAndAtOnce) {
    const auto token = [&] {
        const auto transaction = *org_->read();
        return *org_->issue_token(*transaction);
    };
    const auto old = token();
    EXPECT_TRUE(org_->check_token(old));
    EXPECT_EQ(read_token(token_text(old))->version, old.version);
    clock_.advance(std::chrono::hours{24 * 8});
    EXPECT_EQ(org_->check_token(old).error().symbol, "0x80044352");
    const auto fresh = token();
    EXPECT_TRUE(org_->check_token(fresh));
    ASSERT_TRUE(org_->expire_tokens());
    EXPECT_FALSE(org_->check_token(fresh));
    EXPECT_TRUE(org_->check_token(token()));
    EXPECT_FALSE(read_token("918273"));
    EXPECT_FALSE(read_token("x!11/20/2026 08:10:44"));
}

TEST_F(DynamicsOrgTest, RefusesRowsThatBreakItsRules) {
    const auto& contacts = table("contact");
    const auto known = ids(contacts, 1).front();
    EXPECT_EQ(problem({.kind = Change::Kind::create, .table = &contacts, .key = {.id = known}}),
              "0x80040237");
    EXPECT_EQ(problem({.kind = Change::Kind::remove, .table = &contacts, .key = {.id = fixed_guid("none")}}),
              "0x80040217");
    EXPECT_EQ(problem({.kind = Change::Kind::create, .table = &table("salesorderdetail")}), "0x80040200");
    EXPECT_EQ(problem({.kind = Change::Kind::create,
                       .table = &contacts,
                       .values = {{"new_externalkey", row(contacts, known).at("new_externalkey")}}}),
              "0x80060892");
    EXPECT_EQ(problem({.kind = Change::Kind::remove,
                       .table = &table("systemuser"),
                       .key = {.id = org_->identity().user_id}}),
              "0x8004023b");
}

TEST_F(DynamicsOrgTest, KeepsStateAndStatusTogether) {
    const auto& leads = table("lead");
    const auto id = org_->save({.kind = Change::Kind::create, .table = &leads})->id;
    EXPECT_EQ(row(leads, id).at("statuscode"), Value{std::int64_t{1}});
    const auto set = [&](Values values) {
        return problem(
            {.kind = Change::Kind::update, .table = &leads, .key = {.id = id}, .values = std::move(values)});
    };
    EXPECT_EQ(set({{"statecode", std::int64_t{2}}}), "saved");
    EXPECT_EQ(row(leads, id).at("statuscode"), Value{std::int64_t{4}});
    EXPECT_EQ(set({{"statuscode", std::int64_t{2}}}), "saved");
    EXPECT_EQ(row(leads, id).at("statecode"), Value{std::int64_t{0}});
    EXPECT_EQ(set({{"statecode", std::int64_t{0}}, {"statuscode", std::int64_t{4}}}), "0x80048408");
}

TEST_F(DynamicsOrgTest, HidesColumnsTablesAndRows) {
    const std::vector<std::string> phones{"telephone1"};
    ASSERT_TRUE(org_->hide(table("contact"), phones));
    EXPECT_EQ(ask("GET", "contacts?$select=telephone1").status, 400);
    EXPECT_FALSE(org_->catalog()->find("contact")->has("telephone1"));
    EXPECT_NE(org_->catalog()->version(), catalog_->version());
    ASSERT_TRUE(org_->hide(table("task"), {}));
    EXPECT_EQ(ask("GET", "tasks").status, 404);
    const auto some = ids(table("contact"), 3);
    ASSERT_TRUE(org_->hide_rows(table("contact"), some));
    EXPECT_EQ(*org_->row_count(table("contact")), 297);
    EXPECT_EQ(number("SELECT count(*) FROM dynamics_deleted"), 0);
    ASSERT_TRUE(org_->reveal());
    EXPECT_EQ(*org_->row_count(table("contact")), 300);
    EXPECT_EQ(ask("GET", "tasks").status, 200);
}

TEST_F(DynamicsOrgTest, ChangesRowsByItself) {
    const auto changed =
        control("POST", "change", {{"object", "contact"}, {"update", 5}, {"delete", 3}, {"insert", 4}});
    EXPECT_EQ(changed["updated"].size(), 5U);
    EXPECT_EQ(control("GET", "deleted?object=contact")["deleted"].size(), 3U);
    EXPECT_EQ(control("GET", "state")["rows"]["contact"], 301);
    for (const auto& id : changed["inserted"])
        EXPECT_EQ(ask("GET", "contacts(" + id.get<std::string>() + ")").status, 200);
}

TEST_F(DynamicsOrgTest, KeepsItsRowsBetweenStarts) {
    const auto id = make("contacts", {{"lastname", "Kept"}});
    face_.reset();
    services_.reset();
    org_.reset();
    const auto again =
        Org::open({.state = folder_ / "org.db", .seed = 99, .records = {{"contact", 5}}}, shifted_);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ((*again)->identity().seed, 7U);
    EXPECT_EQ(*(*again)->row_count(table("contact")), 301);
}

}  // namespace
}  // namespace koppla::sandbox::dynamics
