#include "conformance/candidate.h"
#include "crm/dynamics/test/writing.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace koppla::conformance {
namespace {

using dynamics::test::TextResults;
using dynamics::test::TextRows;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string acme = "aaaaaaaa-0000-4000-8000-000000000001";
const std::string one = "cccccccc-0000-4000-8000-000000000001";
const std::string two = "cccccccc-0000-4000-8000-000000000002";

struct Column {
    std::string field;
    std::string target_object{}, target_key{};
};

/// What the connector writes, against an environment that was made from the documentation alone.
class DynamicsWrites : public testing::Test {
  protected:
    DynamicsWrites() {
        for (const char* const name : {"account", "contact"}) {
            const DescribeRequest wanted{.object = name};
            auto described = candidate_->connector().describe({&wanted, 1}, call_);
            EXPECT_TRUE(described && described->front());
            schemas_[name] = described->front()->schema;
        }
    }

    /// What is told of each row, in the order told.
    std::vector<std::string> write(const std::string& object, WriteOperation operation, std::string key,
                                   const std::vector<Column>& columns,
                                   std::vector<std::vector<std::string>> rows) {
        const model::ObjectSchema& schema = schemas_.at(object);
        WriteRequest request{.object = &schema, .operation = operation, .key = std::move(key)};
        for (const Column& column : columns) {
            request.columns.push_back({.field = schema.find(column.field),
                                       .target_object = column.target_object,
                                       .target_key = column.target_key});
        }
        const auto writer =
            candidate_->connector().writer(request, static_cast<std::int64_t>(rows.size()), call_);
        if (!writer) return {writer.error().message};
        TextRows source{std::move(rows)};
        TextResults sink;
        const auto written = (*writer)->write(source, "", sink, call_);
        if (!written) sink.lines.push_back(written.error().message);
        return sink.lines;
    }

    /// The fields of a record as the connector reads them; empty: there is none.
    std::vector<std::string> record(const std::string& object, const std::string& id,
                                    std::vector<std::string> fields) {
        const model::ObjectSchema& schema = schemas_.at(object);
        ReadRequest request{
            .object = &schema, .fields = std::move(fields), .filter = schema.key + " eq " + id};
        test::TextSink sink;
        const auto plan = candidate_->connector().plan(request, call_);
        EXPECT_TRUE(plan) << plan.error().message;
        EXPECT_TRUE(candidate_->connector().read(request, plan->parts.front(), sink, call_));
        return sink.rows.empty() ? std::vector<std::string>{} : sink.rows.front();
    }

    std::unique_ptr<Candidate> candidate_ = dynamics_365();
    std::map<std::string, model::ObjectSchema> schemas_;
    Call call_;
};

using enum WriteOperation;

TEST_F(DynamicsWrites, WhatIsWrittenIsReadAsTheSameAndEmptiedAgain) {
    EXPECT_THAT(write("account", insert, "accountid", {{"accountid"}, {"name"}, {"accountnumber"}},
                      {{acme, "Acme", "A 1'ü"}}),
                ElementsAre("1 done created " + acme + "|||"));
    const std::vector<std::string> fields = {"contactid",       "lastname",        "birthdate",
                                             "donotemail",      "creditlimit",     "gendercode",
                                             "new_externalkey", "parentcustomerid"};
    EXPECT_THAT(write("contact", insert, "contactid",
                      {{"contactid"},
                       {"lastname"},
                       {"birthdate"},
                       {"donotemail"},
                       {"creditlimit"},
                       {"gendercode"},
                       {"new_externalkey"},
                       {"parentcustomerid", "account", "accountnumber"}},
                      {{one, "O'Neill \"Jr\"\n漢字 🙂", "1980-05-17", "true", "12345.6789", "2", "k-1",
                        "A 1'ü"}}),
                ElementsAre("1 done created " + one + "|||"));
    EXPECT_THAT(record("contact", one, fields), ElementsAre(one, "O'Neill \"Jr\"\n漢字 🙂", "1980-05-17",
                                                            "true", "12345.6789", "2", "k-1", acme));
    EXPECT_THAT(
        write(
            "contact", update, "contactid",
            {{"contactid"}, {"birthdate"}, {"creditlimit"}, {"gendercode"}, {"parentcustomerid", "account"}},
            {{one, "-", "-", "~", "-"}}),
        ElementsAre("1 done " + one + "|||"));
    EXPECT_THAT(record("contact", one, fields),
                ElementsAre(one, "O'Neill \"Jr\"\n漢字 🙂", "-", "true", "-", "2", "k-1", "-"));
}

TEST_F(DynamicsWrites, WhatWasMadeBeforeIsFoundAndWhatIsGoneStaysGone) {
    const std::vector<Column> columns = {{"contactid"}, {"lastname"}, {"new_externalkey"}};
    write("contact", insert, "contactid", columns, {{one, "x", "k-1"}});
    EXPECT_THAT(write("contact", insert, "contactid", columns, {{one, "x", "k-1"}, {two, "y", "k-1"}}),
                ElementsAre(StartsWith("2 refused " + two + "|0x80060892|Entity Key"),
                            "1 done created " + one + "|0x80040237|it was made by an earlier attempt|"));
    EXPECT_THAT(write("contact", remove, "contactid", {{"contactid"}}, {{one}, {one}}),
                ElementsAre("1 done " + one + "|||", StartsWith("2 done " + one + "|0x80040217|")));
    EXPECT_THAT(write("contact", update, "contactid", {{"contactid"}, {"lastname"}}, {{one, "z"}}),
                ElementsAre(StartsWith("1 refused " + one + "|0x80040217|")));
    EXPECT_TRUE(record("contact", one, {"contactid"}).empty());
}

TEST_F(DynamicsWrites, AnUpsertByAnAlternateKeyTellsItsRecord) {
    const std::vector<Column> columns = {{"new_externalkey"}, {"lastname"}};
    const auto made = write("contact", upsert, "new_externalkey", columns, {{"it's a/b ü", "x"}});
    ASSERT_THAT(made, ElementsAre(StartsWith("1 done created ")));
    const std::string id = made.front().substr(15, 36);
    EXPECT_THAT(record("contact", id, {"new_externalkey", "lastname"}), ElementsAre("it's a/b ü", "x"));
    EXPECT_THAT(write("contact", upsert, "new_externalkey", columns, {{"it's a/b ü", "y"}}),
                ElementsAre("1 done " + id + "|||"));
    EXPECT_THAT(
        write("contact", upsert, "contactid", {{"contactid"}, {"lastname"}}, {{id, "z"}, {two, "new"}}),
        ElementsAre("1 done " + id + "|||", "2 done created " + two + "|||"));
}

TEST_F(DynamicsWrites, EachBadRowHasItsOwnReason) {
    write("contact", insert, "contactid", {{"contactid"}, {"lastname"}}, {{one, "x"}});
    const auto lines = write("contact", update, "contactid",
                             {{"contactid"},
                              {"lastname"},
                              {"gendercode"},
                              {"birthdate"},
                              {"numberofchildren"},
                              {"parentcustomerid", "account"}},
                             {{one, std::string(60, 'x'), "~", "~", "~", "~"},
                              {one, "~", "77", "~", "~", "~"},
                              {one, "~", "~", "1066-10-14", "~", "~"},
                              {one, "~", "~", "~", "-5", "~"},
                              {one, "~", "~", "~", "~", acme},
                              {one, "good", "~", "~", "~", "~"}});
    ASSERT_EQ(lines.size(), 6U);
    EXPECT_THAT(lines[0], StartsWith("1 refused " + one + "|0x80044331|"));
    EXPECT_THAT(lines[0], testing::EndsWith("|lastname"));
    EXPECT_THAT(lines[1], StartsWith("2 refused " + one + "|0x8004431a|"));
    EXPECT_THAT(lines[1], testing::EndsWith("|gendercode"));
    EXPECT_THAT(lines[2], StartsWith("3 refused " + one + "|0x80040239|"));
    EXPECT_THAT(lines[3], StartsWith("4 refused " + one + "|0x8004432f|"));
    EXPECT_THAT(lines[4], StartsWith("5 refused " + one + "|0x80040217|account With Id = " + acme));
    EXPECT_EQ(lines[5], "6 done " + one + "|||");
}

TEST_F(DynamicsWrites, WhatIsChargedIsCountedOperationByOperation) {
    const std::int64_t ours = candidate_->connector().usage().charged_calls;
    const std::int64_t theirs = candidate_->charged_calls();
    std::vector<std::vector<std::string>> rows;
    for (int i = 0; i < 230; ++i) rows.push_back({fmt::format("dddddddd-0000-4000-8000-{:012}", i), "x"});
    EXPECT_EQ(write("contact", insert, "contactid", {{"contactid"}, {"lastname"}}, rows).size(), 230U);
    EXPECT_EQ(candidate_->connector().usage().charged_calls - ours, 230);
    EXPECT_EQ(candidate_->charged_calls() - theirs, 230);
}

}  // namespace
}  // namespace koppla::conformance
