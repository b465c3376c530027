#include "sandbox/odata/pages.h"

#include "base/test/manual_clock.h"
#include "base/test/temporary_folder.h"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Org;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view root = "https://127.0.0.1:8443/api/data/v9.2/";

/// An org with a few rows of every kind. Made once for all tests, which only read but for those that say so.
class PagesTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder_ = std::make_unique<TemporaryFolder>();
        clock_ = std::make_unique<ManualClock>();
        org_ = *Org::open({.state = folder_->path() / "org.db",
                           .seed = 7,
                           .records = {{"account", 40}, {"contact", 230}, {"opportunity", 30}}},
                          *clock_);
    }
    static void TearDownTestSuite() {
        org_.reset();
        clock_.reset();
        folder_.reset();
    }

    static Result<std::string> read(const std::string& target, const http::Headers& headers = {}) {
        const auto mark = std::min(target.find('?'), target.size());
        const http::Request request{.target = target, .headers = headers};
        const auto catalog = org_->catalog();
        const dynamics::Ask ask{.request = request,
                                .method = "GET",
                                .root = std::string{root},
                                .segments = {},
                                .query = target.substr(std::min(mark + 1, target.size())),
                                .preferences = dynamics::Preferences::of(headers),
                                .catalog = catalog};
        auto options = Options::of(ask.query);
        if (!options) return options.error();
        const Query query{.org = *org_,
                          .ask = ask,
                          .table = *catalog->find_set(target.substr(0, mark)),
                          .options = std::move(*options),
                          .viewer = {.now = clock_->now(), .user_id = org_->identity().user_id}};
        if (query.options.apply) return read_groups(query);
        return query.options.delta_token ? read_changes(query) : read_page(query);
    }
    static json page(const std::string& target, const http::Headers& headers = {}) {
        const auto text = read(target, headers);
        EXPECT_TRUE(text) << target << ": " << text.error().message;
        return text ? json::parse(*text) : json{{"value", json::array()}};
    }
    /// "0x80060888 message"
    static std::string problem(const std::string& target, const http::Headers& headers = {}) {
        const auto text = read(target, headers);
        return text ? "none" : text.error().symbol + " " + text.error().message;
    }
    /// Rows of all pages.
    static json all(const std::string& target, const http::Headers& headers = {}) {
        auto rows = json::array();
        auto next = target;
        while (!next.empty()) {
            const auto one = page(next, headers);
            for (const auto& row : one["value"]) rows.push_back(row);
            next = one.value("@odata.nextLink", "");
            if (next.starts_with(root)) next = next.substr(root.size());
        }
        return rows;
    }
    static std::set<std::string> ids(const json& rows, const std::string& key) {
        std::set<std::string> ids;
        for (const auto& row : rows) ids.insert(row[key].get<std::string>());
        return ids;
    }
    using Fits = std::function<bool(const json&)>;
    /// That a filter finds just the rows that a plain look at all of them finds.
    static void expect_filter(const std::string& set, const std::string& filter, const Fits& fits) {
        const auto key = org_->catalog()->find_set(set)->primary_id();
        std::set<std::string> expected;
        const auto rows = all(set);
        for (const auto& row : rows)
            if (fits(row)) expected.insert(row[key].get<std::string>());
        const auto found = all(set + "?$select=" + key + "&$filter=" + http::percent_encode(filter));
        EXPECT_EQ(ids(found, key), expected) << filter;
        EXPECT_EQ(found.size(), expected.size()) << filter;
    }

    static std::unique_ptr<TemporaryFolder> folder_;
    static std::unique_ptr<ManualClock> clock_;
    static std::unique_ptr<Org> org_;
};
std::unique_ptr<TemporaryFolder> PagesTest::folder_;
std::unique_ptr<ManualClock> PagesTest::clock_;
std::unique_ptr<Org> PagesTest::org_;

TEST_F(PagesTest, APageHasItsContextAndTheSelectedMembersInOrder) {
    const auto text = *read("contacts?$select=lastname,_parentcustomerid_value&$top=1");
    EXPECT_THAT(text, StartsWith("{\"@odata.context\":\"" + std::string{root} +
                                 "$metadata#contacts(lastname,_parentcustomerid_value)\",\"value\":[{"
                                 "\"@odata.etag\":\"W/\\\""));
    const auto row = nlohmann::ordered_json::parse(text)["value"][0];
    std::vector<std::string> names;
    for (const auto& [name, value] : row.items()) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("@odata.etag", "lastname", "_parentcustomerid_value", "contactid"));
}

TEST_F(PagesTest, MoneyBringsItsCurrencyAndKeepsItsDigits) {
    const auto text = *read("opportunities?$select=estimatedvalue&$filter=estimatedvalue%20ne%20null&$top=1");
    EXPECT_THAT(text, testing::ContainsRegex("\"estimatedvalue\":-?[0-9]+\\.[0-9]{4},"));
    EXPECT_THAT(text, HasSubstr("\"_transactioncurrencyid_value\":"));
}

TEST_F(PagesTest, PagesAreFollowedByCookieUntilAllRowsCame) {
    const http::Headers headers{{"Prefer", "odata.maxpagesize=50"}};
    const auto first = page("contacts?$select=lastname", headers);
    EXPECT_EQ(first["value"].size(), 50U);
    EXPECT_THAT(first["@odata.nextLink"].get<std::string>(),
                StartsWith(std::string{root} +
                           "contacts?$select=lastname&$skiptoken=%3Ccookie%20pagenumber=%222%22"));
    for (const std::string order : {"", "&$orderby=lastname%20desc", "&$orderby=createdon,creditlimit%20desc",
                                    "&$orderby=_parentcustomerid_value"}) {
        const auto rows = all("contacts?$select=contactid" + order, headers);
        EXPECT_EQ(rows.size(), 230U) << order;
        EXPECT_EQ(ids(rows, "contactid").size(), 230U) << order;
    }
    EXPECT_EQ(page("contacts?$top=7")["value"].size(), 7U);
    EXPECT_FALSE(page("contacts?$top=7").contains("@odata.nextLink"));
    EXPECT_EQ(page("contacts?$top=7", headers)["value"].size(), 50U);
    EXPECT_THAT(problem("contacts?$skiptoken=nonsense"), StartsWith("0x8004112a"));
}

TEST_F(PagesTest, FiltersFindWhatAPlainLookFinds) {
    const auto text = [](const json& row, const char* name) {
        return row[name].is_string() ? row[name].get<std::string>() : std::string{};
    };
    expect_filter("contacts", "statecode eq 0", [](const json& row) { return row["statecode"] == 0; });
    expect_filter("contacts", "not (statecode eq 0)", [](const json& row) { return row["statecode"] != 0; });
    expect_filter("contacts", "jobtitle eq null", [](const json& row) { return row["jobtitle"].is_null(); });
    expect_filter("contacts", "jobtitle ne null", [](const json& row) { return !row["jobtitle"].is_null(); });
    expect_filter("contacts", "gendercode ne 1", [](const json& row) { return row["gendercode"] != 1; });
    expect_filter("contacts", "creditlimit gt 1000.505 and creditlimit le 60000", [](const json& row) {
        return row["creditlimit"].is_number() && row["creditlimit"] > 1000.505 && row["creditlimit"] <= 60000;
    });
    expect_filter("contacts", "donotemail eq true or birthdate lt 1970-01-01", [&](const json& row) {
        return row["donotemail"] == true ||
               (!row["birthdate"].is_null() && text(row, "birthdate") < "1970-01-01");
    });
    const auto stamp = page("contacts?$top=1&$orderby=modifiedon%20desc")["value"][0]["modifiedon"];
    const auto moment = stamp.get<std::string>();
    expect_filter("contacts", "modifiedon ge " + moment,
                  [&](const json& row) { return text(row, "modifiedon") >= moment; });
    expect_filter("contacts", "contains(lastname,'E')", [&](const json& row) {
        return text(row, "lastname").find_first_of("eE") != std::string::npos;
    });
    expect_filter("contacts", "startswith(lastname,'[a-m]')", [&](const json& row) {
        const auto name = text(row, "lastname");
        return !name.empty() && std::tolower(name[0]) >= 'a' && std::tolower(name[0]) <= 'm';
    });
    const auto one = all("contacts").at(3);
    const auto id = text(one, "contactid");
    expect_filter("contacts", "contactid eq " + id, [&](const json& row) { return row["contactid"] == id; });
    auto name = text(one, "lastname");
    if (const auto quote = name.find('\''); quote != std::string::npos) name.insert(quote, 1, '\'');
    expect_filter("contacts", "statecode in (0,5) and lastname in ('" + name + "','')", [&](const json& row) {
        return row["statecode"] == 0 && row["lastname"] == one["lastname"];
    });
}

TEST_F(PagesTest, PathsReachTheRowsThatLookupsPointTo) {
    std::map<std::string, std::string> names;
    for (const auto& row : all("accounts?$select=name")) names[row["accountid"]] = row["name"];
    const auto name = names.begin()->second;
    expect_filter("contacts", "parentcustomerid_account/name eq '" + name + "'", [&](const json& row) {
        const auto& parent = row["_parentcustomerid_value"];
        const auto found = parent.is_string() ? names.find(parent.get<std::string>()) : names.end();
        return found != names.end() && found->second == name;
    });
    std::set<std::string> parents;
    for (const auto& row : all("contacts"))
        if (row["_parentcustomerid_value"].is_string() && row["statecode"] == 1)
            parents.insert(row["_parentcustomerid_value"]);
    expect_filter("accounts", "contact_customer_accounts/any(c:c/statecode eq 1)",
                  [&](const json& row) { return parents.contains(row["accountid"]); });
    const auto expanded =
        all("contacts?$select=_parentcustomerid_value&$expand=parentcustomerid_account($select=name)");
    for (const auto& row : expanded) {
        const auto& parent = row["parentcustomerid_account"];
        const auto key = row["_parentcustomerid_value"].is_string()
                             ? row["_parentcustomerid_value"].get<std::string>()
                             : "";
        EXPECT_EQ(!parent.is_null(), names.contains(key));
        if (!parent.is_null()) {
            EXPECT_EQ(parent["name"], names[key]);
        }
    }
}

TEST_F(PagesTest, QueryFunctionsFindWhatTheySay) {
    const std::string crm = "Microsoft.Dynamics.CRM.";
    expect_filter("contacts", crm + "In(PropertyName='statuscode',PropertyValues=[\"1\",\"7\"])",
                  [](const json& row) { return row["statuscode"] == 1; });
    expect_filter("contacts", crm + "NotIn(PropertyName='statuscode',PropertyValues=[\"1\"])",
                  [](const json& row) { return row["statuscode"] != 1; });
    expect_filter("contacts", crm + "Between(PropertyName='creditlimit',PropertyValues=[\"100\",\"50000\"])",
                  [](const json& row) {
                      return row["creditlimit"].is_number() && row["creditlimit"] >= 100 &&
                             row["creditlimit"] <= 50000;
                  });
    expect_filter("contacts", crm + "EqualUserId(PropertyName='ownerid')",
                  [](const json& row) { return row["_ownerid_value"] == org_->identity().user_id; });
    expect_filter("contacts", crm + "OnOrAfter(PropertyName='createdon',PropertyValue='2026-01-01')",
                  [](const json& row) { return row["createdon"] >= "2026-01-01"; });
    expect_filter("contacts", crm + "LastXMonths(PropertyName='createdon',PropertyValue=6)",
                  [](const json& row) {
                      return row["createdon"] >= "2026-05-01" && row["createdon"] < "2026-11-01T10:00:00Z";
                  });
    EXPECT_THAT(problem("contacts?$filter=" + crm + "Guess(PropertyName='lastname')"),
                HasSubstr("unknown function"));
}

TEST_F(PagesTest, WhatCantBeAskedIsSaidInTheServicesWords) {
    EXPECT_EQ(problem("contacts?$select=nonsense"),
              "0x80060888 Could not find a property named 'nonsense' on type "
              "'Microsoft.Dynamics.CRM.contact'.");
    EXPECT_EQ(problem("contacts?$select=parentcustomerid"),
              "0x80060888 Could not find a property named 'parentcustomerid' on type "
              "'Microsoft.Dynamics.CRM.contact'.");
    EXPECT_THAT(problem("contacts?$filter=lastname%20eq%205"), HasSubstr("'Edm.String' and 'Edm.Int32'"));
    EXPECT_THAT(problem("contacts?$filter=LastName%20eq%20'x'"), HasSubstr("'LastName'"));
    EXPECT_THAT(problem("contacts?$expand=ParentCustomerId_account"),
                HasSubstr("'ParentCustomerId_account'"));
}

TEST_F(PagesTest, AnnotationsStandBeforeWhatTheyAnnotate) {
    const http::Headers headers{{"Prefer", "odata.include-annotations=\"*\""}};
    const auto text = *read(
        "contacts?$select=statecode,_parentcustomerid_value&$filter=_parentcustomerid_value%20ne%20null&$"
        "top=1",
        headers);
    const auto formatted = text.find("\"statecode@OData.Community.Display.V1.FormattedValue\":\"");
    EXPECT_LT(formatted, text.find("\"statecode\":"));
    EXPECT_THAT(text, HasSubstr("\"_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname\":\""));
    EXPECT_THAT(text, HasSubstr("\"_parentcustomerid_value@Microsoft.Dynamics.CRM."
                                "associatednavigationproperty\":\"parentcustomerid_"));
    EXPECT_THAT(text, HasSubstr("\"@Microsoft.Dynamics.CRM.totalrecordcount\":-1"));
    const auto every = page("contacts?$top=100", headers);
    for (const auto& row : every["value"])
        EXPECT_EQ(row["statecode@OData.Community.Display.V1.FormattedValue"],
                  row["statecode"] == 0 ? "Active" : "Inactive");
    EXPECT_THAT(page("contacts?$select=statecode&$top=1")["value"][0].dump(),
                testing::Not(HasSubstr("FormattedValue")));
}

TEST_F(PagesTest, CountsAndGroupsAgree) {
    EXPECT_EQ(page("contacts?$count=true&$top=1")["@odata.count"], 230);
    std::map<int, int> expected;
    for (const auto& row : all("contacts")) ++expected[row["statecode"]];
    const auto groups = page(
        "contacts?$apply=groupby((statecode),aggregate($count%20as%20n,creditlimit%20with%20max%20as%"
        "20most))");
    EXPECT_EQ(groups["value"].size(), expected.size());
    for (const auto& row : groups["value"]) EXPECT_EQ(row["n"], expected[row["statecode"]]);
    const auto filtered = page("contacts?$apply=filter(statecode%20eq%200)/aggregate($count%20as%20n)");
    EXPECT_EQ(filtered["value"][0]["n"], expected[0]);
}

/// Changes rows.
class ChangesTest : public PagesTest {
  protected:
    static std::string delta_of(const json& page) {
        return page["@odata.deltaLink"].get<std::string>().substr(root.size());
    }
    static inline const http::Headers tracked{{"Prefer", "odata.track-changes,odata.maxpagesize=100"}};
    static ChangedIds change(const ChangeCounts& counts) {
        auto changed = org_->change(contacts(), counts);
        EXPECT_TRUE(changed) << changed.error().message;
        return changed ? *changed : ChangedIds{};
    }
    static const dynamics::Table& contacts() { return *org_->catalog()->find("contact"); }
};

TEST_F(ChangesTest, TheLastPageHasTheLinkToWhatChangesLater) {
    auto one = page("contacts?$select=lastname", tracked);
    std::size_t rows = one["value"].size();
    while (one.contains("@odata.nextLink")) {
        EXPECT_FALSE(one.contains("@odata.deltaLink"));
        one = page(one["@odata.nextLink"].get<std::string>().substr(root.size()), tracked);
        rows += one["value"].size();
    }
    EXPECT_EQ(rows, static_cast<std::size_t>(*org_->row_count(contacts())));
    auto link = delta_of(one);
    EXPECT_THAT(link, testing::MatchesRegex("contacts\\?\\$select=lastname&\\$deltatoken=[0-9]+%21.*"));
    const auto quiet = page(link);
    EXPECT_EQ(quiet["value"].size(), 0U);
    EXPECT_THAT(quiet["@odata.context"].get<std::string>(), testing::EndsWith("#contacts(lastname)/$delta"));

    const auto changed = change({.updates = 5, .deletes = 3, .inserts = 2});
    const auto delta = page(delta_of(quiet));
    std::set<std::string> live;
    std::set<std::string> gone;
    for (const auto& row : delta["value"]) {
        if (!row.contains("reason")) {
            EXPECT_TRUE(gone.empty()) << "deletions come last";
            live.insert(row["contactid"]);
            continue;
        }
        EXPECT_EQ(row["reason"], "deleted");
        EXPECT_THAT(row["@odata.context"].get<std::string>(), testing::EndsWith("#contacts/$deletedEntity"));
        gone.insert(row["id"]);
    }
    std::set<std::string> expected{changed.updated.begin(), changed.updated.end()};
    expected.insert(changed.inserted.begin(), changed.inserted.end());
    for (const auto& id : changed.deleted) expected.erase(id);
    EXPECT_EQ(live, expected);
    EXPECT_EQ(gone, (std::set<std::string>{changed.deleted.begin(), changed.deleted.end()}));
    EXPECT_EQ(page(delta_of(delta))["value"].size(), 0U);
    const auto paged = all(delta_of(quiet), {{"Prefer", "odata.maxpagesize=3"}});
    EXPECT_EQ(paged.size(), delta["value"].size());
}

TEST_F(ChangesTest, ATokenNeverPassesAChangeThatCantBeSeenYet) {
    auto link = delta_of(page("contacts?$select=lastname", {{"Prefer", "odata.track-changes"}}));
    org_->set_late({.max_delay = std::chrono::hours{1}, .seed = 3});
    const auto late = change({.updates = 4});
    org_->set_late({});
    const auto seen = change({.updates = 1});
    std::set<std::string> found;
    const auto take = [&] {
        const auto delta = page(link);
        for (const auto& row : delta["value"]) found.insert(row["contactid"]);
        link = delta_of(delta);
    };
    take();
    ASSERT_TRUE(org_->apply_pending());
    take();
    for (const auto& id : late.updated) EXPECT_TRUE(found.contains(id)) << id;
    for (const auto& id : seen.updated) EXPECT_TRUE(found.contains(id)) << id;
}

TEST_F(ChangesTest, TrackingRefusesWhatItCantAndEndsWithItsTime) {
    EXPECT_EQ(problem("contacts?$filter=statecode%20eq%200", tracked),
              "0x80060888 The \"$filter\" query parameter isn't supported when Change Tracking is enabled.");
    EXPECT_THAT(problem("contacts?$deltatoken=nonsense"), StartsWith("0x80040203"));
    const auto link = delta_of(page("contacts?$select=lastname", {{"Prefer", "odata.track-changes"}}));
    const auto bare = "contacts?" + link.substr(link.find("$deltatoken"));
    EXPECT_EQ(page(bare)["value"].size(), 0U);
    ASSERT_TRUE(org_->expire_tokens());
    EXPECT_THAT(problem(link), StartsWith("0x80044352"));
}

}  // namespace
}  // namespace koppla::sandbox::odata
