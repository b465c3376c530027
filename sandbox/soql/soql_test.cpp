#include "sandbox/org/org_fixture.h"
#include "sandbox/soql/ranges.h"
#include "sandbox/soql/syntax/parser.h"

#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// Five contacts A to E at two accounts, made a minute apart.
class Soql : public OrgTest {
  protected:
    Soql() {
        open();
        acme_ = made("Account", R"({"Name":"Acme","Rating":"Hot","BillingCity":"Leeds","BillingLatitude":53.5,
                                    "BillingLongitude":-1.25})");
        made("Account", fmt::format(R"({{"Name":"Daughter","ParentId":"{}"}})", acme_));
        const std::string daughter = column("SELECT Id FROM Account WHERE Name = 'Daughter'");
        const auto contact = [&](std::string_view json) {
            ids_.push_back(made("Contact", json));
            clock_.advance(std::chrono::minutes{1});
        };
        contact(fmt::format(
            R"({{"LastName":"Adams","FirstName":"Amy","AccountId":"{}","Score__c":1.5,"Vip__c":true,
            "Birthdate":"1980-02-29","Level__c":"Secondary","Interests__c":"Travel;Music","Email":"amy@example.com",
            "LastCall__c":"2026-11-01T09:30:00+01:00"}})",
            acme_));
        contact(fmt::format(R"({{"LastName":"Baker","FirstName":"Bo","AccountId":"{}","Score__c":12,
            "Birthdate":"1990-12-31","Level__c":"Primary","Interests__c":"Music","LastCall__c":"2026-10-31T23:59:59Z"}})",
                            daughter));
        contact(R"({"LastName":"Carter","Score__c":-3.25,"Level__c":"Tertiary","Interests__c":"Books"})");
        contact(R"({"LastName":"D'Arc 100%_","FirstName":"Zoë","Description":"line one\r\nline \"two\""})");
        contact(
            R"({"LastName":"evans","FirstName":"amy","Balance__c":16147805824397.25,"MailingCity":"Zürich"})");
    }

    /// The last names that a WHERE clause selects, in the order of their creation; or the error's code.
    std::string where(std::string_view condition) {
        return column(fmt::format("SELECT LastName FROM Contact WHERE {} ORDER BY CreatedDate", condition));
    }

    std::string acme_;
    std::vector<std::string> ids_;
};

TEST_F(Soql, SelectsRowsByEachOperator) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"LastName = 'ADAMS'", "Adams"},
        {"LastName != 'adams'", "Baker|Carter|D'Arc 100%_|evans"},
        {"LastName <> 'adams' AND FirstName != 'Amy'", "Baker|Carter|D'Arc 100%_"},
        {"FirstName = null", "Carter"},
        {"FirstName != null", "Adams|Baker|D'Arc 100%_|evans"},
        {"FirstName = ''", "Carter"},
        {"Score__c < 12", "Adams|Carter"},
        {"Score__c <= 12.0", "Adams|Baker|Carter"},
        {"Score__c > -3.25", "Adams|Baker"},
        {"Score__c >= -3.25 AND Score__c != 12", "Adams|Carter"},
        {"LastName > 'b' AND LastName < 'D'", "Baker|Carter"},
        {"LastName LIKE 'a%'", "Adams"},
        {"LastName LIKE '_a%'", "Baker|Carter"},
        {"LastName LIKE '%100\\%\\_'", "D'Arc 100%_"},
        {"LastName LIKE '%\\%%'", "D'Arc 100%_"},
        {"LastName = 'D\\'Arc 100%_'", "D'Arc 100%_"},
        {"FirstName = 'Zo\\u00eb'", "D'Arc 100%_"},
        {"LastName IN ('baker', 'EVANS', 'nobody')", "Baker|evans"},
        {"LastName NOT IN ('Adams', 'Baker')", "Carter|D'Arc 100%_|evans"},
        {"FirstName IN ('Bo', null)", "Baker|Carter"},
        {"FirstName NOT IN ('Amy')", "Baker|Carter|D'Arc 100%_"},
        {"Vip__c = true", "Adams"},
        {"Vip__c = null", "Baker|Carter|D'Arc 100%_|evans"},
        {"Vip__c != TRUE", "Baker|Carter|D'Arc 100%_|evans"},
        {"Interests__c INCLUDES ('Music')", "Adams|Baker"},
        {"Interests__c INCLUDES ('Music;Travel','Books')", "Adams|Carter"},
        {"Interests__c EXCLUDES ('Music')", "Carter|D'Arc 100%_|evans"},
        {"Birthdate = 1980-02-29", "Adams"},
        {"Birthdate > 1980-02-29", "Baker"},
        {"LastCall__c = 2026-11-01T08:30:00Z", "Adams"},
        {"LastCall__c < 2026-11-01T01:00:00+01:00", "Baker"},
        {"LastCall__c = TODAY", "Adams"},
        {"LastCall__c = YESTERDAY", "Baker"},
        {"LastCall__c != TODAY", "Baker|Carter|D'Arc 100%_|evans"},
        {"LastCall__c > YESTERDAY", "Adams"},
        {"LastCall__c IN (YESTERDAY, TOMORROW)", "Baker"},
        {"LastCall__c = LAST_N_DAYS:1", "Adams|Baker"},
        {"LastCall__c = LAST_MONTH", "Baker"},
        {"CreatedDate = TODAY AND Birthdate = LAST_N_YEARS:40", "Baker"},
        {"Account.Name = 'acme'", "Adams"},
        {"Account.Name != 'Acme'", "Baker|Carter|D'Arc 100%_|evans"},
        {"Account.Parent.Name = 'Acme'", "Baker"},
        {"Account.Parent.Name = null", "Adams|Carter|D'Arc 100%_|evans"},
        {"Contact.LastName = 'Baker'", "Baker"},
        {"NOT LastName LIKE '%r%'", "Adams|evans"},
        {"NOT (FirstName = 'Amy' OR Score__c > 0)", "Carter|D'Arc 100%_"},
        {"(LastName = 'Adams' OR (LastName = 'Baker' AND Score__c = 12)) AND Account.Name != null",
         "Adams|Baker"},
        {"NOT Score__c > 0", "Carter|D'Arc 100%_|evans"},
        {"owner.name != null AND Level__c = 'primary'", "Baker"},
        {"MailingCity = 'Zürich'", "evans"},
    };
    for (const auto& [condition, names] : table) EXPECT_EQ(where(condition), names) << condition;
}

TEST_F(Soql, TakesIdsIn15And18Characters) {
    EXPECT_EQ(where(fmt::format("Id = '{}'", ids_[1].substr(0, 15))), "Baker");
    EXPECT_EQ(where(fmt::format("Id IN ('{}','{}')", ids_[1], ids_[2])), "Baker|Carter");
    EXPECT_EQ(where(fmt::format("Id >= '{}'", ids_[3])), "D'Arc 100%_|evans");
    EXPECT_EQ(where(fmt::format("AccountId = '{}'", acme_)), "Adams");
    EXPECT_EQ(where("Id = 'nonsense'"), "INVALID_QUERY_FILTER_OPERATOR");
}

TEST_F(Soql, IsIndifferentToCaseAliasesAndLineBreaks) {
    EXPECT_EQ(column("select c.lastname\nFROM contact c\r\n where c.Account.NAME='Acme'\tlimit 5"), "Adams");
    EXPECT_EQ(column("SELECT LastName FROM Contact AS x WHERE x.LastName = 'Baker'"), "Baker");
}

TEST_F(Soql, OrdersByKeysNullsAndSetup) {
    const auto ordered = [&](std::string_view keys) {
        return column(fmt::format("SELECT LastName FROM Contact ORDER BY {}", keys));
    };
    EXPECT_EQ(ordered("LastName"), "Adams|Baker|Carter|D'Arc 100%_|evans");
    EXPECT_EQ(ordered("LastName DESC LIMIT 2"), "evans|D'Arc 100%_");
    EXPECT_EQ(ordered("FirstName, LastName"), "Carter|Adams|evans|Baker|D'Arc 100%_");
    EXPECT_EQ(ordered("FirstName DESC, LastName DESC"), "Carter|D'Arc 100%_|Baker|evans|Adams");
    EXPECT_EQ(ordered("FirstName NULLS LAST, LastName"), "Adams|evans|Baker|D'Arc 100%_|Carter");
    EXPECT_EQ(ordered("FirstName ASC NULLS FIRST LIMIT 1"), "Carter");
    EXPECT_EQ(ordered("Level__c NULLS LAST, LastName"), "Baker|Adams|Carter|D'Arc 100%_|evans")
        << "setup order";
    EXPECT_EQ(ordered("Account.Name NULLS LAST, LastName"), "Carter|D'Arc 100%_|evans|Adams|Baker")
        << "NULLS LAST has no effect on a parent's field";
    EXPECT_EQ(ordered("SystemModstamp DESC, Id"), "evans|D'Arc 100%_|Carter|Baker|Adams");
    EXPECT_EQ(ordered("Description"), "INVALID_FIELD");
}

TEST_F(Soql, ComparesTimesOfDay) {
    made("Account", R"({"Name":"Early","OpensAt__c":"07:30:00.000Z"})");
    made("Account", R"({"Name":"Late","OpensAt__c":"18:00:00.500Z"})");
    const auto where = [&](std::string_view condition) {
        return column(fmt::format("SELECT Name FROM Account WHERE {} ORDER BY Name", condition));
    };
    EXPECT_EQ(where("OpensAt__c = 07:30:00Z"), "Early");
    EXPECT_EQ(where("OpensAt__c IN (08:30:00.000+01:00, 18:00:00.500Z)"), "Early|Late");
    EXPECT_EQ(where("OpensAt__c > 12:00:00.000Z"), "Late");
    EXPECT_EQ(where("OpensAt__c = '07:30:00.000Z'"), "INVALID_FIELD");
    EXPECT_EQ(where("Name = 07:30:00.000Z"), "INVALID_FIELD");
    EXPECT_EQ(where("OpensAt__c = 07:30:00"), "MALFORMED_QUERY");
    EXPECT_EQ(where("OpensAt__c = 25:30:00Z"), "MALFORMED_QUERY");
}

TEST_F(Soql, Counts) {
    const auto count = org_->select("SELECT COUNT() FROM Contact WHERE Score__c != null", {.base = {}});
    ASSERT_TRUE(count.has_value());
    EXPECT_EQ((*count)->total(), 3);
    EXPECT_EQ((*count)->record_count(), 0);
    EXPECT_EQ(select("SELECT COUNT(Id) CNT, count(Score__c) FROM Contact"),
              R"([{"attributes":{"type":"AggregateResult"},"CNT":5,"expr0":3}])");
    EXPECT_EQ(column("SELECT COUNT(Id) FROM Contact LIMIT 1"), "MALFORMED_QUERY");
    EXPECT_EQ(column("SELECT COUNT(Id), Name FROM Contact"), "MALFORMED_QUERY");
}

TEST_F(Soql, PrintsRowsAsTheRestApiDoes) {
    EXPECT_EQ(
        select(
            "SELECT Name, Account.Name, Id, Account.Parent.Name, Score__c, Vip__c, Birthdate, LastCall__c, "
            "Interests__c FROM Contact WHERE LastName = 'Adams'"),
        fmt::format(
            R"([{{"attributes":{{"type":"Contact","url":"/services/data/v68.0/sobjects/Contact/{0}"}},)"
            R"("Name":"Amy Adams","Account":{{"attributes":{{"type":"Account","url":"/services/data/v68.0/sobjects/Account/{1}"}},)"
            R"("Name":"Acme","Parent":null}},"Id":"{0}","Score__c":1.5,"Vip__c":true,"Birthdate":"1980-02-29",)"
            R"("LastCall__c":"2026-11-01T08:30:00.000+0000","Interests__c":"Music;Travel"}}])",
            ids_[0], acme_));
    EXPECT_EQ(select("SELECT Account.Name, Description, Balance__c FROM Contact WHERE LastName LIKE 'D%'"),
              fmt::format(
                  R"([{{"attributes":{{"type":"Contact","url":"/services/data/v68.0/sobjects/Contact/{}"}},)"
                  R"("Account":null,"Description":"line one\r\nline \"two\"","Balance__c":null}}])",
                  ids_[3]));
    EXPECT_NE(select("SELECT Balance__c FROM Contact WHERE Balance__c > 1000")
                  .find(R"("Balance__c":1.614780582439725E13)"),
              std::string::npos);
    EXPECT_NE(select("SELECT Score__c FROM Contact WHERE Score__c = 12").find(R"("Score__c":12.0})"),
              std::string::npos);
}

TEST_F(Soql, PrintsCompoundsAsObjects) {
    EXPECT_NE(
        select("SELECT BillingAddress FROM Account WHERE Name = 'Acme'")
            .find(R"("BillingAddress":{"city":"Leeds","country":null,"geocodeAccuracy":null,"latitude":53.5,)"
                  R"("longitude":-1.25,"postalCode":null,"state":null,"street":null}})"),
        std::string::npos)
        << select("SELECT BillingAddress FROM Account WHERE Name = 'Acme'");
    EXPECT_EQ(column("SELECT ShippingAddress FROM Account"), "null|null");
    EXPECT_EQ(column("SELECT Depot__c FROM Account"), "null|null");
    EXPECT_EQ(csv("SELECT Id, BillingAddress FROM Account"),
              "FEATURENOTENABLED: Selecting compound data not supported in Bulk Query: BillingAddress");
    EXPECT_TRUE(csv("SELECT COUNT() FROM Account").starts_with("FEATURENOTENABLED: "));
}

TEST_F(Soql, ExportsInTheBulkDialect) {
    EXPECT_EQ(csv("SELECT LastName, Account.Name, Vip__c, Score__c, LastCall__c, Description, Balance__c "
                  "FROM Contact "
                  "WHERE LastName IN ('Adams', 'D\\'Arc 100%_', 'evans') ORDER BY LastName"),
              "\"LastName\",\"Account.Name\",\"Vip__c\",\"Score__c\",\"LastCall__c\",\"Description\","
              "\"Balance__c\"\n"
              "\"Adams\",\"Acme\",\"true\",\"1.5\",\"2026-11-01T08:30:00.000Z\",\"\",\"\"\n"
              "\"D'Arc 100%_\",\"\",\"false\",\"\",\"\",\"line one\r\nline \"\"two\"\"\",\"\"\n"
              "\"evans\",\"\",\"false\",\"\",\"\",\"\",\"1.614780582439725E13\"\n");
    EXPECT_EQ(csv("SELECT FirstName, LastName FROM Contact WHERE LastName = 'Baker'",
                  {.delimiter = ';', .line_ending = LineEnding::crlf}),
              "\"FirstName\";\"LastName\"\r\n\"Bo\";\"Baker\"\r\n");
    EXPECT_EQ(csv("SELECT Id FROM Contact WHERE LastName = 'nobody'"), "\"Id\"\n");
}

TEST_F(Soql, HidesDeletedRowsUnlessAllAreAsked) {
    ASSERT_TRUE(remove("Contact", ids_[1]).success());
    EXPECT_EQ(where("LastName = 'Baker'"), "");
    EXPECT_EQ(where("IsDeleted = true"), "");
    EXPECT_EQ(column("SELECT LastName FROM Contact WHERE IsDeleted = true", Rows::all), "Baker");
    EXPECT_EQ(column("SELECT SystemModstamp FROM Contact WHERE IsDeleted = true", Rows::all),
              "2026-11-01T10:05:00.000+0000");
}

TEST_F(Soql, ReadsValuesWhenAPageIsPrinted) {
    const auto selection = org_->select("SELECT LastName FROM Contact ORDER BY LastName", {.base = {}});
    ASSERT_TRUE(selection.has_value());
    ASSERT_TRUE(update("Contact", ids_[4], R"({"LastName":"aaa"})").success());
    std::string page;
    ASSERT_TRUE((*selection)->append_json(page, 3, 2).has_value());
    EXPECT_NE(page.find("aaa"), std::string::npos)
        << "the place is the old one, the value the new one: " << page;
    EXPECT_EQ((*selection)->total(), 5);
    std::string none;
    ASSERT_TRUE((*selection)->append_json(none, 5, 10).has_value());
    EXPECT_EQ(none, "");
}

struct Refusal {
    std::string soql;
    std::string code;
    std::string says;
};

TEST_F(Soql, RefusesWithTheVendorsCodesAndWords) {
    const std::vector<Refusal> table{
        {"", "MALFORMED_QUERY", "unexpected token: '<EOF>'"},
        {"SELEC Id FROM Contact", "MALFORMED_QUERY", "ERROR at Row:1:Column:1"},
        {"SELECT Id\nFROM Contact\nWHERE LastName == 'x'", "MALFORMED_QUERY",
         "\nWHERE LastName == 'x'\n                ^\nERROR at Row:3:Column:17\nunexpected token: '='"},
        {"SELECT Id FROM Contact WHERE LastName = 'x", "MALFORMED_QUERY", "not closed"},
        {"SELECT Id FROM Contact WHERE LastName = 'a\\qb'", "MALFORMED_QUERY",
         "invalid escape sequence '\\q'"},
        {"SELECT Id FROM Contact WHERE LastName = 'a\\ud800'", "MALFORMED_QUERY", "\\u escape"},
        {"SELECT Id FROM Contact WHERE LastName = 'a' AND FirstName = 'b' OR FirstName = 'c'",
         "MALFORMED_QUERY", "parentheses"},
        {"SELECT Id FROM Contact WHERE LastName = 'a' OR FirstName = 'b' AND FirstName = 'c'",
         "MALFORMED_QUERY", "parentheses"},
        {"SELECT Id FROM Contact GROUP BY Name", "MALFORMED_QUERY",
         "Field must be grouped or aggregated: Id"},
        {"SELECT Id FROM Contact WHERE Birthdate = 1980-02-30", "MALFORMED_QUERY", "1980-02-30"},
        {"SELECT Id FROM Contact LIMIT -1", "MALFORMED_QUERY", "unexpected token"},
        {"SELECT Id FROM Contact WHERE LastCall__c = LAST_N_DAYS", "MALFORMED_QUERY", "<EOF>"},
        {"SELECT Id FROM Contact; DROP TABLE x", "MALFORMED_QUERY", "';'"},
        {"SELECT Id, Nope__c FROM Contact", "INVALID_FIELD", "No such column 'Nope__c' on entity 'Contact'."},
        {"SELECT Id, Account.Nope FROM Contact", "INVALID_FIELD",
         "No such column 'Nope' on entity 'Account'."},
        {"SELECT IsPersonAccount FROM Account", "INVALID_FIELD", "No such column 'IsPersonAccount'"},
        {"SELECT Boss.Name FROM Contact", "INVALID_FIELD",
         "Didn't understand relationship 'Boss' in field path."},
        {"SELECT Id, id FROM Contact", "INVALID_FIELD", "duplicate field selected: Id"},
        {"SELECT Id FROM ScratchOrgInfo", "INVALID_TYPE", "sObject type 'ScratchOrgInfo' is not supported."},
        {"SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD",
         "field 'Description' can not be filtered in a query call"},
        {"SELECT Id FROM Contact WHERE MailingAddress = null", "INVALID_FIELD", "can not be filtered"},
        {"SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD",
         "must be of type string and should be enclosed in quotes"},
        {"SELECT Id FROM Contact WHERE Score__c = '5'", "INVALID_FIELD",
         "must be of type double and should not be enclosed"},
        {"SELECT Id FROM Contact WHERE CreatedDate > 2026-11-01", "INVALID_FIELD",
         "must be of type dateTime"},
        {"SELECT Id FROM Contact WHERE CreatedDate > '2026-11-01T00:00:00Z'", "INVALID_FIELD",
         "must be of type dateTime"},
        {"SELECT Id FROM Contact WHERE Birthdate > 2026-11-01T00:00:00Z", "INVALID_FIELD",
         "must be of type date"},
        {"SELECT Id FROM Contact WHERE Vip__c > true", "INVALID_QUERY_FILTER_OPERATOR", "boolean"},
        {"SELECT Id FROM Contact WHERE Score__c LIKE '1%'", "INVALID_QUERY_FILTER_OPERATOR",
         "invalid operator"},
        {"SELECT Id FROM Contact WHERE Id LIKE '003%'", "INVALID_QUERY_FILTER_OPERATOR", "id field"},
        {"SELECT Id FROM Contact WHERE Score__c < null", "INVALID_QUERY_FILTER_OPERATOR", "null"},
        {"SELECT Id FROM Contact WHERE LastName INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR",
         "multi-select"},
        {"SELECT a.b.c.d.e.f.g FROM Contact", "MALFORMED_QUERY", "five parents"},
        {"SELECT Id FROM Contact WHERE LastName = '\xff'", "MALFORMED_QUERY", "UTF-8"},
    };
    for (const Refusal& refusal : table) {
        const auto result = org_->select(refusal.soql, {.base = {}});
        ASSERT_FALSE(result.has_value()) << refusal.soql;
        EXPECT_EQ(result.error().symbol, refusal.code) << refusal.soql << "\n" << result.error().message;
        EXPECT_NE(result.error().message.find(refusal.says), std::string::npos) << refusal.soql << "\n"
                                                                                << result.error().message;
    }
}

TEST_F(Soql, BoundsHostileInput) {
    const auto nested = [](std::size_t depth, std::string_view open, std::string_view close) {
        std::string soql = "SELECT Id FROM Contact WHERE ";
        for (std::size_t i = 0; i < depth; ++i) soql += open;
        soql += "LastName = 'x'";
        for (std::size_t i = 0; i < depth; ++i) soql += close;
        return soql;
    };
    EXPECT_EQ(column(nested(10'000, "(", ")")), "MALFORMED_QUERY");
    EXPECT_EQ(column(nested(10'000, "NOT ", "")), "MALFORMED_QUERY");
    EXPECT_EQ(column(nested(50, "(", ")")), "");
    EXPECT_EQ(column("SELECT Id FROM Contact WHERE LastName = '" + std::string(100'001, 'x') + "'"),
              "MALFORMED_QUERY");
    EXPECT_EQ(column("SELECT Id FROM Contact WHERE LastName = '" + std::string(4'001, 'x') + "'"),
              "MALFORMED_QUERY");
    std::string many = "SELECT LastName FROM Contact WHERE LastName = 'Adams'";
    while (many.size() < 60'000) many += " OR Score__c = 77";
    EXPECT_EQ(column(many), "Adams") << "thousands of terms in one row";
    std::string list = "SELECT LastName FROM Contact WHERE LastName IN ('Adams'";
    while (list.size() < 99'000) list += ",'x'";
    EXPECT_EQ(column(list + ")"), "Adams");
}

TEST_F(Soql, TextBecomesNoSql) {
    EXPECT_EQ(where("LastName = '\\' OR 1=1 --'"), "");
    EXPECT_EQ(where("LastName = '\"; DROP TABLE org_Contact; --'"), "");
    EXPECT_EQ(where("LastName != null"), "Adams|Baker|Carter|D'Arc 100%_|evans");
}

TEST_F(Soql, AnswersFromSeveralThreadsAtOnce) {
    const auto selection = org_->select("SELECT LastName FROM Contact ORDER BY LastName", {.base = {}});
    ASSERT_TRUE(selection.has_value());
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int round = 0; round < 20; ++round) {
                    std::string page;
                    if ((*selection)->append_json(page, 0, 5) && page.find("evans") != std::string::npos)
                        ++good;
                }
            });
        }
    }
    EXPECT_EQ(good, 80);
}

TEST(SoqlRanges, StandForTheDaysTheVendorDocuments) {
    using std::chrono::year;
    const std::chrono::sys_days today = year{2026} / 11 / 4;  // a Wednesday
    const auto shown = [&](std::string text, std::int64_t n = 0) {
        const auto range =
            soql::range_of({.kind = soql::Literal::Kind::range, .text = std::move(text), .n = n}, today);
        return format_instant(Instant{range.from}).substr(0, 10) + " " +
               format_instant(Instant{range.to}).substr(0, 10);
    };
    EXPECT_EQ(shown("TODAY"), "2026-11-04 2026-11-05");
    EXPECT_EQ(shown("YESTERDAY"), "2026-11-03 2026-11-04");
    EXPECT_EQ(shown("TOMORROW"), "2026-11-05 2026-11-06");
    EXPECT_EQ(shown("THIS_WEEK"), "2026-11-01 2026-11-08");
    EXPECT_EQ(shown("LAST_WEEK"), "2026-10-25 2026-11-01");
    EXPECT_EQ(shown("NEXT_MONTH"), "2026-12-01 2027-01-01");
    EXPECT_EQ(shown("LAST_QUARTER"), "2026-07-01 2026-10-01");
    EXPECT_EQ(shown("THIS_FISCAL_QUARTER"), "2026-10-01 2027-01-01");
    EXPECT_EQ(shown("NEXT_YEAR"), "2027-01-01 2028-01-01");
    EXPECT_EQ(shown("LAST_90_DAYS"), "2026-08-06 2026-11-05");
    EXPECT_EQ(shown("NEXT_90_DAYS"), "2026-11-05 2027-02-03");
    EXPECT_EQ(shown("LAST_N_DAYS", 3), "2026-11-01 2026-11-05");
    EXPECT_EQ(shown("NEXT_N_DAYS", 3), "2026-11-05 2026-11-08");
    EXPECT_EQ(shown("N_DAYS_AGO", 3), "2026-11-01 2026-11-02");
    EXPECT_EQ(shown("LAST_N_WEEKS", 2), "2026-10-18 2026-11-01");
    EXPECT_EQ(shown("NEXT_N_MONTHS", 2), "2026-12-01 2027-02-01");
    EXPECT_EQ(shown("N_MONTHS_AGO", 12), "2025-11-01 2025-12-01");
    EXPECT_EQ(shown("LAST_N_QUARTERS", 1), "2026-07-01 2026-10-01");
    EXPECT_EQ(shown("LAST_N_FISCAL_YEARS", 2), "2024-01-01 2026-01-01");
    EXPECT_EQ(shown("N_YEARS_AGO", 1), "2025-01-01 2026-01-01");
}

}  // namespace
}  // namespace koppla::sandbox
