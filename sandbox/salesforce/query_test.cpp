#include "sandbox/fixture.h"

#include <set>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

class Query : public SandboxTest {
  protected:
    static constexpr std::string_view all_contacts = "/query?q=SELECT+Id,Name+FROM+Contact";
    http::Response first(std::string_view path, http::Headers headers = {}) {
        return ask("GET", std::string{test_base} + std::string{path}, {}, std::move(headers));
    }
};

TEST_F(Query, HandsOutPagesUntilDone) {
    std::set<std::string> ids;
    auto page = get(std::string{all_contacts});
    EXPECT_EQ(page["totalSize"], 2'500);
    EXPECT_EQ(page["done"], false);
    EXPECT_EQ(page["records"].size(), 2'000U);
    const auto next = page["nextRecordsUrl"].get<std::string>();
    EXPECT_TRUE(next.starts_with("/services/data/v68.0/query/01g")) << next;
    EXPECT_TRUE(next.ends_with("-2000")) << next;
    for (const auto& record : page["records"]) ids.insert(record["Id"]);
    // A page may be read twice.
    for (int i = 0; i < 2; ++i) {
        page = read_body(ask("GET", next));
        EXPECT_EQ(page["totalSize"], 2'500);
        EXPECT_EQ(page["done"], true);
        EXPECT_EQ(page["records"].size(), 500U);
        EXPECT_FALSE(page.contains("nextRecordsUrl"));
        for (const auto& record : page["records"]) ids.insert(record["Id"]);
    }
    EXPECT_EQ(ids.size(), 2'500U);
}

TEST_F(Query, PrintsRecordsWithTheirTypeAndUrl) {
    const auto list = records("SELECT Id, Name, Account.Name FROM Contact WHERE AccountId != null LIMIT 1");
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["attributes"]["type"], "Contact");
    EXPECT_EQ(list[0]["attributes"]["url"],
              "/services/data/v68.0/sobjects/Contact/" + list[0]["Id"].get<std::string>());
    EXPECT_EQ(list[0]["Account"]["attributes"]["type"], "Account");
}

TEST_F(Query, KeepsBatchSizesWithinTheirBounds) {
    const auto size = [&](const char* options) {
        return read_body(first(all_contacts, {{"Sforce-Query-Options", options}}))["records"].size();
    };
    EXPECT_EQ(size("batchSize=500"), 500U);
    EXPECT_EQ(size("batchSize=1"), 200U);
    EXPECT_EQ(size("batchSize=99999"), 2'000U);
    EXPECT_EQ(size("batchSize=many"), 2'000U);
    EXPECT_EQ(ask_bare("POST", "/sandbox/query", R"({"page_rows":3})").status, 200);
    EXPECT_EQ(size("batchSize=500"), 3U) << "a server may send fewer than it is asked for";
    EXPECT_EQ(ask_bare("POST", "/sandbox/query", R"({"page_rows":0})").status, 200);
    EXPECT_EQ(size("batchSize=500"), 500U);
}

TEST_F(Query, RefusesLocatorsItDoesNotKnow) {
    const auto next = get(std::string{all_contacts})["nextRecordsUrl"].get<std::string>();
    const auto cursor = next.substr(0, next.rfind('-'));
    for (const auto& bad :
         {cursor, cursor + "-", cursor + "-99999", cursor + "-2500", cursor + "--1", cursor + "-2000x",
          std::string{"/services/data/v68.0/query/01gXX0000000000AAA-2000"},
          std::string{"/services/data/v68.0/query/-"}}) {
        const auto response = ask("GET", bad);
        EXPECT_EQ(response.status, 400) << bad;
        EXPECT_EQ(error_code(response), "INVALID_QUERY_LOCATOR") << bad;
    }
    EXPECT_EQ(ask("GET", next).status, 200);
    EXPECT_EQ(ask_bare("POST", "/sandbox/locators/expire").status, 204);
    EXPECT_EQ(ask("GET", next).status, 400);
}

TEST_F(Query, TellsDeletedRowsOnlyToQueryAll) {
    const auto id = new_contact("Gone");
    EXPECT_EQ(ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id).status, 204);
    const auto soql =
        "?q=" + http::percent_encode("SELECT Id, IsDeleted FROM Contact WHERE Id = '" + id + "'");
    EXPECT_EQ(get("/query" + soql)["totalSize"], 0);
    const auto all = get("/queryAll" + soql);
    ASSERT_EQ(all["totalSize"], 1);
    EXPECT_EQ(all["records"][0]["IsDeleted"], true);
}

TEST_F(Query, CarriesTheLocatorOfAQueryAllUnderQuery) {
    const auto id = records("SELECT Id FROM Contact ORDER BY Id DESC LIMIT 1")[0]["Id"].get<std::string>();
    EXPECT_EQ(ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id).status, 204);
    const auto page = get("/queryAll?q=SELECT+Id+FROM+Contact+ORDER+BY+Id");
    EXPECT_EQ(page["totalSize"], 2'500);
    const auto next = page["nextRecordsUrl"].get<std::string>();
    EXPECT_NE(next.find("/query/01g"), std::string::npos);
    const auto last = read_body(ask("GET", next));
    EXPECT_EQ(last["records"].back()["Id"], id);
}

TEST_F(Query, CountsWithoutRecords) {
    const auto count = get("/query?q=SELECT+COUNT()+FROM+Contact");
    EXPECT_EQ(count,
              (nlohmann::json{{"totalSize", 2'500}, {"done", true}, {"records", nlohmann::json::array()}}));
}

TEST_F(Query, NamesItsColumnsWhenAsked) {
    const auto columns = get("/query?columns=true&q=" +
                             http::percent_encode("SELECT Id, Account.Name FROM Contact"))["columnMetadata"];
    ASSERT_EQ(columns.size(), 2U);
    EXPECT_EQ(columns[0]["columnName"], "Id");
    EXPECT_EQ(columns[0]["joinColumns"], nlohmann::json::array());
    EXPECT_EQ(columns[1]["columnName"], "Account");
    EXPECT_EQ(columns[1]["joinColumns"][0]["columnName"], "Name");
    EXPECT_EQ(columns[1]["aggregate"], false);
}

TEST_F(Query, PassesTheEnginesErrorsOn) {
    struct Case {
        const char* soql;
        const char* code;
    };
    for (const auto& [soql, code] :
         {Case{"SELECT Id FROM ScratchOrgInfo limit 1", "INVALID_TYPE"},
          Case{"SELECT Nothing__c FROM Contact", "INVALID_FIELD"}, Case{"SELECT FROM", "MALFORMED_QUERY"},
          Case{"SELECT IsPersonAccount FROM Account LIMIT 1", "INVALID_FIELD"}}) {
        const auto response = first("/query?q=" + http::percent_encode(soql));
        EXPECT_EQ(response.status, 400) << soql;
        EXPECT_EQ(error_code(response), code) << soql;
    }
    EXPECT_EQ(error_code(first("/query")), "MALFORMED_QUERY");
}

}  // namespace
}  // namespace koppla::sandbox
