#include "sandbox/org/org_fixture.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// Two accounts; Acme has the contacts Adams, Baker and Carter, Bolt has Dean, Evans has none.
class Queries : public OrgTest {
  protected:
    Queries() {
        open();
        acme_ = made("Account", R"({"Name":"Acme","NumberOfEmployees":10})");
        bolt_ = made("Account", R"({"Name":"Bolt","NumberOfEmployees":5})");
        made("Account", R"({"Name":"Cove"})");
        contact("Adams", acme_, R"("Score__c":1.5,"Level__c":"Primary","Birthdate":"1980-02-29")");
        contact("Baker", acme_, R"("Score__c":4,"Level__c":"Secondary","Birthdate":"1980-12-31")");
        contact("Carter", acme_, R"("Level__c":"Primary")");
        contact("Dean", bolt_,
                R"("Score__c":-2,"Birthdate":"1990-01-01","LastCall__c":"2026-10-31T23:59:59Z")");
        made("Contact", R"({"LastName":"Evans"})");
    }
    void contact(std::string_view name, const std::string& account, std::string_view more) {
        made("Contact", fmt::format(R"({{"LastName":"{}","AccountId":"{}",{}}})", name, account, more));
    }
    /// How the record of a contact begins.
    std::string attributes_of(std::string_view name) {
        const std::string id = column(fmt::format("SELECT Id FROM Contact WHERE LastName = '{}'", name));
        return fmt::format(R"({{"attributes":{{"type":"Contact","url":"{}/sobjects/Contact/{}"}},)",
                           test_resources, id);
    }
    /// The records without their attributes, or the error.
    std::string records(std::string_view soql) {
        const std::string text = select(soql);
        auto rows = nlohmann::ordered_json::parse(text, nullptr, false);
        if (!rows.is_array()) return text;
        for (auto& row : rows) row.erase("attributes");
        return rows.dump();
    }

    std::string acme_;
    std::string bolt_;
};

TEST_F(Queries, Aggregate) {
    EXPECT_EQ(
        records("SELECT COUNT(Score__c), COUNT_DISTINCT(Level__c) levels, SUM(Score__c), AVG(Score__c), "
                "MIN(Birthdate), MAX(LastName) last FROM Contact"),
        R"([{"expr0":3,"levels":2,"expr1":3.5,"expr2":1.1666666666666667,"expr3":"1980-02-29","last":"Evans"}])");
    EXPECT_EQ(records("SELECT SUM(NumberOfEmployees) FROM Account WHERE Name = 'nobody'"),
              R"([{"expr0":null}])");
    EXPECT_EQ(select("SELECT SUM(LastName) FROM Contact").substr(0, 15), "MALFORMED_QUERY");
    EXPECT_NE(select("SELECT SUM(LastName) FROM Contact").find("does not support aggregate operator SUM"),
              std::string::npos);
    EXPECT_EQ(column("SELECT MAX(Vip__c) FROM Contact"), "MALFORMED_QUERY");
    EXPECT_EQ(column("SELECT COUNT(Id) n, COUNT(Name) n FROM Contact"), "MALFORMED_QUERY");
    EXPECT_EQ(column("SELECT LastName FROM Contact WHERE COUNT(Id) > 1"), "MALFORMED_QUERY");
    EXPECT_EQ(column("SELECT LastName n FROM Contact"), "MALFORMED_QUERY");
    EXPECT_EQ(csv("SELECT Level__c, COUNT(Id) FROM Contact GROUP BY Level__c").substr(0, 17),
              "FEATURENOTENABLED");
}

TEST_F(Queries, Group) {
    EXPECT_EQ(
        records("SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name ORDER BY Account.Name"),
        R"([{"Name":null,"expr0":1},{"Name":"Acme","expr0":3},{"Name":"Bolt","expr0":1}])");
    EXPECT_EQ(
        records("SELECT Level__c, SUM(Score__c) s FROM Contact WHERE AccountId != null GROUP BY Level__c "
                "ORDER BY COUNT(Id) DESC, Level__c NULLS LAST LIMIT 2"),
        R"([{"Level__c":"Primary","s":1.5},{"Level__c":"Secondary","s":4.0}])");
    EXPECT_EQ(
        records(
            "SELECT AccountId FROM Contact GROUP BY AccountId HAVING COUNT(Id) > 1 AND MIN(Score__c) < 2"),
        fmt::format(R"([{{"AccountId":"{}"}}])", acme_));
    EXPECT_EQ(
        records("SELECT CALENDAR_YEAR(Birthdate), CALENDAR_QUARTER(Birthdate) q, COUNT(Id) n FROM Contact "
                "WHERE Birthdate != null GROUP BY CALENDAR_YEAR(Birthdate), CALENDAR_QUARTER(Birthdate) "
                "ORDER BY CALENDAR_YEAR(Birthdate), CALENDAR_QUARTER(Birthdate)"),
        R"([{"expr0":1980,"q":1,"n":1},{"expr0":1980,"q":4,"n":1},{"expr0":1990,"q":1,"n":1}])");
    for (const std::string_view soql :
         {"SELECT LastName, COUNT(Id) FROM Contact", "SELECT LastName FROM Contact GROUP BY Level__c",
          "SELECT COUNT(Id) FROM Contact GROUP BY Level__c ORDER BY LastName",
          "SELECT COUNT(Id) FROM Contact GROUP BY Level__c HAVING LastName = 'x'",
          "SELECT Id FROM Contact HAVING COUNT(Id) > 1", "SELECT COUNT(Id) FROM Contact GROUP BY Description",
          "SELECT COUNT(), Level__c FROM Contact GROUP BY Level__c",
          "SELECT Level__c FROM Contact GROUP BY ROLLUP(Level__c)"}) {
        EXPECT_EQ(column(soql), "MALFORMED_QUERY") << soql;
    }
}

TEST_F(Queries, FilterByFunctionsOfDates) {
    const auto where = [&](std::string_view condition) {
        return column(fmt::format("SELECT LastName FROM Contact WHERE {} ORDER BY LastName", condition));
    };
    EXPECT_EQ(where("CALENDAR_YEAR(Birthdate) = 1980"), "Adams|Baker");
    EXPECT_EQ(where("CALENDAR_MONTH(Birthdate) IN (1, 2)"), "Adams|Dean");
    EXPECT_EQ(where("DAY_IN_YEAR(Birthdate) = 366"), "Baker") << "1980 was a leap year";
    EXPECT_EQ(where("DAY_IN_WEEK(Birthdate) = 6"), "Adams") << "a Friday";
    EXPECT_EQ(where("DAY_IN_MONTH(Birthdate) = 29 AND WEEK_IN_MONTH(Birthdate) = 5"), "Adams");
    EXPECT_EQ(where("WEEK_IN_YEAR(Birthdate) = 1"), "Dean");
    EXPECT_EQ(where("DAY_ONLY(LastCall__c) = 2026-10-31 AND HOUR_IN_DAY(LastCall__c) = 23"), "Dean");
    EXPECT_EQ(where("FISCAL_QUARTER(LastCall__c) = 4"), "Dean");
    EXPECT_EQ(where("HOUR_IN_DAY(Birthdate) = 1"), "INVALID_FIELD");
    EXPECT_EQ(where("CALENDAR_YEAR(LastName) = 1"), "INVALID_FIELD");
    EXPECT_EQ(where("NO_SUCH(LastName) = 1"), "MALFORMED_QUERY");
}

TEST_F(Queries, NestChildrenBelowTheirParent) {
    EXPECT_EQ(
        records("SELECT Name, (SELECT LastName FROM Contacts WHERE Score__c != null ORDER BY LastName DESC) "
                "FROM Account ORDER BY Name"),
        fmt::format(
            R"([{{"Name":"Acme","Contacts":{{"totalSize":2,"done":true,"records":[{}"LastName":"Baker"}},{}"LastName":"Adams"}}]}}}},)"
            R"({{"Name":"Bolt","Contacts":{{"totalSize":1,"done":true,"records":[{}"LastName":"Dean"}}]}}}},)"
            R"({{"Name":"Cove","Contacts":null}}])",
            attributes_of("Baker"), attributes_of("Adams"), attributes_of("Dean")));
    const auto limited =
        nlohmann::json::parse(select("SELECT (SELECT LastName, Account.Name FROM Contacts ORDER BY LastName "
                                     "LIMIT 1 OFFSET 1) FROM Account "
                                     "ORDER BY Name"));
    EXPECT_EQ(limited[0]["Contacts"]["records"][0]["LastName"], "Baker")
        << "the bounds count for each parent";
    EXPECT_EQ(limited[0]["Contacts"]["records"][0]["Account"]["Name"], "Acme");
    EXPECT_TRUE(limited[1]["Contacts"].is_null());
    EXPECT_EQ(column("SELECT (SELECT Id FROM Nothings) FROM Account"), "INVALID_TYPE");
    EXPECT_EQ(column("SELECT (SELECT COUNT() FROM Contacts) FROM Account"), "MALFORMED_QUERY");
    EXPECT_EQ(csv("SELECT (SELECT Id FROM Contacts) FROM Account").substr(0, 17), "FEATURENOTENABLED");
    ASSERT_TRUE(remove("Contact", column("SELECT Id FROM Contact WHERE LastName = 'Dean'")).success());
    EXPECT_EQ(records("SELECT (SELECT Id FROM Contacts) FROM Account WHERE Name = 'Bolt'"),
              R"([{"Contacts":null}])");
}

TEST_F(Queries, NestOverSeveralLevels) {
    const std::string daughter =
        made("Account", fmt::format(R"({{"Name":"Daughter","ParentId":"{}"}})", acme_));
    contact("Frey", daughter, R"("Score__c":1)");
    const auto rows = nlohmann::json::parse(
        select("SELECT Name, (SELECT Name, (SELECT LastName FROM Contacts) FROM ChildAccounts) FROM Account "
               "WHERE Name = 'Acme'"));
    EXPECT_EQ(rows[0]["ChildAccounts"]["records"][0]["Contacts"]["records"][0]["LastName"], "Frey");
    std::string deep = "SELECT Id FROM Account";
    for (int i = 0; i < 8; ++i) {
        deep = fmt::format("SELECT Id, ({}) FROM Account", deep);
    }
    EXPECT_EQ(column(deep), "MALFORMED_QUERY");
}

TEST_F(Queries, JoinBySubSelects) {
    const auto names = [&](std::string_view condition) {
        return column(fmt::format("SELECT Name FROM Account WHERE {} ORDER BY Name", condition));
    };
    EXPECT_EQ(names("Id IN (SELECT AccountId FROM Contact WHERE Score__c > 0)"), "Acme");
    EXPECT_EQ(names("Id NOT IN (SELECT AccountId FROM Contact)"), "Cove");
    EXPECT_EQ(names("Id IN (SELECT AccountId FROM Contact WHERE Account.Name = 'Bolt') AND Name LIKE 'B%'"),
              "Bolt");
    EXPECT_EQ(names("Name IN (SELECT AccountId FROM Contact)"), "MALFORMED_QUERY");
    EXPECT_EQ(names("Id IN (SELECT LastName FROM Contact)"), "MALFORMED_QUERY");
    EXPECT_EQ(names("Id IN (SELECT AccountId FROM Contact LIMIT 1)"), "MALFORMED_QUERY");
    EXPECT_EQ(names("Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT Id FROM Contact))"),
              "MALFORMED_QUERY");
    EXPECT_EQ(
        names("Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Contact) AND Id IN "
              "(SELECT AccountId FROM Contact)"),
        "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS");
    EXPECT_EQ(names("Id IN (SELECT ParentId FROM Account)"), "MALFORMED_QUERY");
    EXPECT_EQ(names("Name = 'Cove' OR Id IN (SELECT AccountId FROM Contact)"), "MALFORMED_QUERY");
    EXPECT_EQ(names("Name = 'Cove' OR (Name = 'Acme' AND (NOT Id IN (SELECT AccountId FROM Contact)))"),
              "MALFORMED_QUERY");
    EXPECT_EQ(names("Id IN (SELECT AccountId FROM Contact) AND (Name = 'Bolt' OR Name = 'Cove')"), "Bolt");
}

TEST_F(Queries, SelectFieldsByKind) {
    const auto first = [&](std::string_view soql) { return nlohmann::json::parse(select(soql)).at(0); };
    const auto all = first("SELECT FIELDS(ALL) FROM Account LIMIT 1");
    EXPECT_EQ(all.size(), org_->find("Account")->fields().size() + 1);
    const auto standard = first("SELECT FIELDS(standard), ExtKey__c FROM Account");
    EXPECT_TRUE(standard.contains("BillingCity") && standard.contains("ExtKey__c"));
    EXPECT_FALSE(standard.contains("CreditLimit__c"));
    const auto custom = first("SELECT Name, FIELDS(CUSTOM) FROM Account LIMIT 200");
    EXPECT_TRUE(custom.contains("CreditLimit__c") && custom.contains("Name"));
    EXPECT_FALSE(custom.contains("BillingCity"));
    EXPECT_NE(select("SELECT FIELDS(ALL) FROM Account").find("must have a LIMIT of at most 200"),
              std::string::npos);
    EXPECT_EQ(column("SELECT FIELDS(CUSTOM) FROM Account LIMIT 201"), "MALFORMED_QUERY");
    EXPECT_TRUE(
        first(fmt::format("SELECT FIELDS(ALL) FROM Account WHERE Id = '{}'", acme_)).contains("Name"));
    EXPECT_NE(select("SELECT Id, FIELDS(STANDARD) FROM Account").find("duplicate field selected: Id"),
              std::string::npos);
    EXPECT_EQ(column("SELECT FIELDS(SOME) FROM Account LIMIT 1"), "MALFORMED_QUERY");
}

TEST_F(Queries, BeginAtAnOffset) {
    EXPECT_EQ(column("SELECT LastName FROM Contact ORDER BY LastName LIMIT 2 OFFSET 1"), "Baker|Carter");
    EXPECT_EQ(column("SELECT LastName FROM Contact ORDER BY LastName OFFSET 4"), "Evans");
    EXPECT_NE(select("SELECT Id FROM Contact OFFSET 2001").find("Maximum SOQL offset allowed is 2000"),
              std::string::npos);
    EXPECT_EQ(column("SELECT Id FROM Contact OFFSET 2001"), "NUMBER_OUTSIDE_VALID_RANGE");
    EXPECT_EQ(csv("SELECT Id FROM Contact OFFSET 1").substr(0, 17), "FEATURENOTENABLED");
}

TEST_F(Queries, ShowLabelsAndTolerateWhatChangesNothing) {
    EXPECT_EQ(column("SELECT toLabel(Level__c) FROM Contact WHERE LastName = 'Adams'"), "Primary");
    EXPECT_EQ(column("SELECT LastName FROM Contact WHERE toLabel(Level__c) = 'secondary'"), "Baker");
    EXPECT_EQ(column("SELECT toLabel(LastName) FROM Contact"), "INVALID_FIELD");
    EXPECT_EQ(
        column("SELECT Name FROM Account USING SCOPE everything WHERE Name = 'Bolt' WITH SECURITY_ENFORCED "
               "ORDER BY Name LIMIT 1 FOR VIEW"),
        "Bolt");
    EXPECT_EQ(
        column("SELECT Name FROM Account WITH USER_MODE ORDER BY Name LIMIT 1 FOR REFERENCE FOR UPDATE"),
        "Acme");
    EXPECT_EQ(column("SELECT Name FROM Account WITH SOMETHING"), "MALFORMED_QUERY");
    EXPECT_EQ(column("SELECT Name FROM Account FOR FUN"), "MALFORMED_QUERY");
}

TEST_F(Queries, ToldByTypeNeedAPolymorphicReference) {
    EXPECT_EQ(column("SELECT TYPEOF Account WHEN Account THEN Name END FROM Contact"), "INVALID_FIELD");
    EXPECT_EQ(column("SELECT TYPEOF Nothing WHEN Account THEN Name END FROM Contact"), "INVALID_FIELD");
    EXPECT_EQ(column("SELECT TYPEOF Account ELSE Name END FROM Contact"), "MALFORMED_QUERY");
}

}  // namespace
}  // namespace koppla::sandbox
