#include "crm/salesforce/codec/csv.h"
#include "crm/salesforce/codec/records.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/metadata.h"
#include "crm/salesforce/test/org.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {
namespace {

using nlohmann::json;

std::filesystem::path recorded() {
    const char* const set = std::getenv("KOPPLA_SHARED");
    const std::filesystem::path shared = set != nullptr
                                             ? std::filesystem::path{set}
                                             : std::filesystem::path{__FILE__} / "../../../../../shared";
    return (shared / "data/salesforce/recorded").lexically_normal();
}

std::string content(const std::filesystem::path& file) {
    std::stringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

/// What live orgs were recorded to answer, fed to the readers that get such answers.
class Recordings : public testing::Test {
  protected:
    void SetUp() override {
        if (!std::filesystem::exists(recorded())) GTEST_SKIP() << "there are no recordings at " << recorded();
    }

    void TearDown() override {
        for (const auto& [kind, count] : read_)
            std::cout << "recorded " << kind << " read: " << count << "\n";
    }

    /// Every recorded exchange of a session.
    template <typename Take>
    static void each_exchange(const Take& take) {
        for (const auto& file : std::filesystem::directory_iterator{recorded() / "cumulusci"}) {
            const json session = json::parse(content(file.path()), nullptr, false);
            ASSERT_TRUE(session.is_array()) << file.path();
            for (const json& exchange : session) {
                if (!exchange.contains("uri")) continue;
                const json body = exchange.value("body", json{});
                take(exchange.at("uri").get<std::string>(), exchange.at("status").get<int>(),
                     body.is_string() ? body.get<std::string>() : body.dump());
            }
        }
    }
    static std::string fixture(std::string_view name) {
        return content(recorded() / "restforce" / (std::string{name} + ".json"));
    }

    void read_records(const std::string& body) {
        const json page = json::parse(body, nullptr, false);
        ASSERT_TRUE(page.is_object()) << body.substr(0, 200);
        std::vector<std::string> fields;
        const json& records = page.at("records");
        const json first = records.empty() ? json::object() : records[0];
        for (const auto& [name, value] : first.items()) {
            if (!value.is_structured()) fields.push_back(name);
        }
        model::Batch batch;
        batch.page.reserve(body.size() + 1);
        std::memcpy(batch.page.bytes.get(), body.data(), body.size());
        batch.page.size = body.size();
        RecordReader reader{fields};
        const auto read = reader.read(batch);
        ASSERT_TRUE(read) << read.error().message << "\n" << body.substr(0, 400);
        EXPECT_EQ(read->total, page.at("totalSize").get<std::int64_t>());
        EXPECT_EQ(read->is_last, page.at("done").get<bool>());
        EXPECT_EQ(read->next_path, page.value("nextRecordsUrl", std::string{}));
        ASSERT_EQ(batch.row_count(), records.size());
        for (std::size_t row = 0; row < records.size(); ++row) {
            for (std::size_t column = 0; column < fields.size(); ++column) {
                const json value = records[row].value(fields[column], json{});
                const model::Cell& cell = batch.cell(column, row);
                if (!value.is_string() && !value.is_null()) continue;
                EXPECT_EQ(cell.is_text(), value.is_string()) << fields[column];
                EXPECT_EQ(cell.text(), value.is_string() ? value.get<std::string>() : "") << fields[column];
            }
        }
        ++read_["pages"];
    }

    void read_describe(const std::string& body) {
        const auto schema = object_schema(body);
        ASSERT_TRUE(schema) << schema.error().message;
        const json describe = json::parse(body);
        EXPECT_EQ(schema->name, describe.at("name").get<std::string>());
        // Each field is mapped, or a notice says why it isn't.
        const auto& fields = describe.at("fields");
        const auto seen = std::count_if(fields.begin(), fields.end(), [](const json& field) {
            return !field.value("deprecatedAndHidden", false);
        });
        EXPECT_GE(schema->fields.size() + schema->notices.size(), static_cast<std::size_t>(seen))
            << schema->name;
        ++read_["describes"];
    }

    void read_refusal(int status, const std::string& body) {
        const json document = json::parse(body);
        const Error error = error_of(status, body, "reading");
        EXPECT_EQ(error.symbol, document.at(0).at("errorCode").get<std::string>());
        auto said = document.at(0).at("message").get<std::string>();
        std::replace(said.begin(), said.end(), '\n', ' ');
        EXPECT_NE(error.message.find(said), std::string::npos) << error.message;
        ++read_["refusals"];
    }

    std::map<std::string, int> read_;
};

TEST_F(Recordings, OfSessionsAreRead) {
    each_exchange([&](const std::string& uri, int status, const std::string& body) {
        SCOPED_TRACE(uri);
        const bool is_tooling = uri.find("/tooling/") != std::string::npos;
        if (status >= 400 && body.starts_with('[')) return read_refusal(status, body);
        if (status != 200) return;
        if (uri.find("/query/?") != std::string::npos && !is_tooling) return read_records(body);
        if (uri.ends_with("/describe")) return read_describe(body);
        if (uri.ends_with("/sobjects") && uri.find("composite") == std::string::npos) {
            const auto summaries = object_summaries(body);
            ASSERT_TRUE(summaries) << summaries.error().message;
            EXPECT_GT(summaries->size(), 90U);
            ++read_["lists of objects"];
        }
        if (!uri.ends_with("/composite")) return;
        const json answer = json::parse(body, nullptr, false);
        ASSERT_TRUE(answer.is_object());
        for (const json& part : answer.at("compositeResponse")) {
            const json& inner = part.at("body");
            if (part.at("httpStatusCode") != 200) {
                if (inner.is_array()) read_refusal(part.at("httpStatusCode"), inner.dump());
            } else if (inner.contains("records")) {
                read_records(inner.dump());
            } else if (inner.contains("fields") && !inner.at("fields").empty()) {
                read_describe(inner.dump());
            }
        }
    });
    EXPECT_EQ(read_["pages"], 63);
    EXPECT_EQ(read_["describes"], 14);
    EXPECT_EQ(read_["refusals"], 2);
    EXPECT_EQ(read_["lists of objects"], 1);
}

TEST_F(Recordings, OfRepliesWithoutRequestsAreRead) {
    for (const std::string_view name :
         {"sobject.query_success_response", "sobject.query_empty_response",
          "sobject.query_aggregate_success_response", "sobject.query_paginated_first_page_response",
          "sobject.query_paginated_last_page_response", "sobject.org_query_response"}) {
        SCOPED_TRACE(name);
        read_records(fixture(name));
    }
    read_describe(fixture("sobject.sobject_describe_success_response"));
    for (const auto& [name, status] : {std::pair{"sobject.delete_error_response", 404},
                                       {"sobject.query_error_response", 400},
                                       {"sobject.search_error_response", 400},
                                       {"sobject.sobject_describe_error_response", 404},
                                       {"sobject.sobject_find_error_response", 404},
                                       {"sobject.upsert_error_response", 404},
                                       {"sobject.write_error_response", 400},
                                       {"expired_session_response", 401}}) {
        SCOPED_TRACE(name);
        read_refusal(status, fixture(name));
    }
    EXPECT_EQ(error_of(401, fixture("expired_session_response"), "x").kind, ErrorKind::expired);
    for (const std::string_view name : {"describe_sobjects", "list_sobjects"}) {
        const auto summaries =
            object_summaries(fixture("sobject." + std::string{name} + "_success_response"));
        ASSERT_TRUE(summaries);
        ASSERT_EQ(summaries->size(), 1U);
        EXPECT_TRUE(summaries->front().is_readable && summaries->front().is_writable);
    }
    const auto describe = object_schema(fixture("sobject.sobject_describe_success_response"));
    EXPECT_EQ(describe->stamp, "SystemModstamp");
}

TEST_F(Recordings, OfTokensLogIn) {
    for (const std::string_view name :
         {"auth_success_response", "reauth_success_response", "refresh_success_response"}) {
        test::Org org{test::with_versions([&](const http::Request& request) -> test::Answer {
            if (request.target.find("oauth2/token") != std::string::npos) return {.body = fixture(name)};
            EXPECT_TRUE(request.target.starts_with("https://na1.salesforce.com/")) << request.target;
            return {.body = R"({"sobjects":[]})"};
        })};
        org.settings["allowed-hosts"] = "na1.salesforce.com";
        org.connect();
        const auto objects = org.connector->objects(org.call);
        EXPECT_TRUE(objects) << name << ": " << objects.error().message;
    }
    for (const std::string_view name : {"auth_error_response", "refresh_error_response"}) {
        const std::string body = fixture(name);
        const Error error = login_error_of({.status = 400, .headers = {}, .body = body}, "https://x", "");
        EXPECT_EQ(error.symbol, "invalid_grant");
        EXPECT_EQ(error.kind, ErrorKind::denied);
        EXPECT_NE(error.message.find(json::parse(body).at("error_description").get<std::string>()),
                  std::string::npos);
    }
}

TEST_F(Recordings, OfCsvAreSplit) {
    class Collector final : public BatchOutlet {
      public:
        model::Batch fresh() override { return {}; }
        Result<void> put(model::Batch batch) override {
            rows += batch.row_count();
            return {};
        }
        std::size_t rows = 0;
    };
    int pages = 0;
    each_exchange([&](const std::string& uri, int, const std::string& body) {
        if (!body.starts_with("\"Id\",")) return;
        SCOPED_TRACE(uri);
        Collector collector;
        CsvSplitter splitter{
            {.fields = {"Created", "Error", "Id", "Success"}, .batch_bytes = 64, .row_bytes_max = 1U << 16U},
            collector};
        ASSERT_TRUE(splitter.put(body));
        const auto last = splitter.finish();
        ASSERT_TRUE(last) << last.error().message;
        const auto lines = static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n'));
        EXPECT_EQ(collector.rows + last->row_count(), lines - 1) << "a row a line, but for the header";
        ++pages;
    });
    EXPECT_EQ(pages, 7);
}

}  // namespace
}  // namespace koppla::salesforce
