#include "base/ascii.h"
#include "conformance/candidate.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>

namespace koppla::conformance {
namespace {

/// Cells as text by the record's key; what is null or absent is missing.
using Record = std::map<std::string, std::string>;
using Records = std::map<std::string, Record>;

/// Keeps what is read, and every place where reading may go on.
class Collector final : public BatchSink {
  public:
    explicit Collector(std::vector<std::string> fields) : fields_{std::move(fields)} {}

    model::Batch fresh() override { return {}; }
    Result<void> put(model::Batch batch, const Part& resume) override {
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            Record record;
            for (std::size_t i = 0; i < fields_.size(); ++i)
                if (batch.cell(i, row).is_text()) record[fields_[i]] = batch.cell(i, row).text();
            keys.push_back(record[fields_.front()]);
            records[keys.back()] = std::move(record);
        }
        if (resumes.empty() || resumes.back() != resume) {
            resumes.push_back(resume);
            rows_until.push_back(keys.size());
        }
        return on_put ? on_put() : Result<void>{};
    }
    void expect(std::int64_t rows) override { expected = rows; }
    void note(std::string_view) override {}

    std::vector<std::string> keys;  ///< in the order of reading
    Records records;
    std::vector<Part> resumes;
    std::vector<std::size_t> rows_until;  ///< how many were read until each
    std::optional<std::int64_t> expected;
    std::function<Result<void>()> on_put;

  private:
    std::vector<std::string> fields_;
};

class Connector : public testing::TestWithParam<Row> {
  protected:
    void SetUp() override {
        candidate_ = GetParam().make();
        auto described = std::move(*describe(candidate_->contact));
        ASSERT_TRUE(described) << described.error().message;
        schema_ = std::move(described->schema);
        version_ = described->version;
    }

    CrmConnector& connector() { return candidate_->connector(); }
    Result<Result<Described>> describe(const std::string& object, const std::string& known = {}) {
        const DescribeRequest request{.object = object, .known_version = known};
        auto answers = TRY(connector().describe({&request, 1}, call_));
        return std::move(answers.at(0));
    }
    /// The key first, then what a record is told apart by.
    [[nodiscard]] std::vector<std::string> fields() const {
        std::vector<std::string> names = {schema_.key, schema_.stamp, candidate_->last_name,
                                          candidate_->email};
        if (!schema_.removal_flag.empty()) names.push_back(schema_.removal_flag);
        return names;
    }
    [[nodiscard]] ReadRequest request() const { return {.object = &schema_, .fields = fields()}; }

    /// Reads part after part, those that follow too, from `parts` on.
    Result<std::string> read(const ReadRequest& wanted, std::vector<Part> parts, Collector& into) {
        std::string mark;
        for (std::size_t at = 0; at < parts.size(); ++at) {
            PartEnd end = TRY(connector().read(wanted, Part{parts[at]}, into, call_));
            std::ranges::move(end.next, std::back_inserter(parts));
            if (!end.feed_mark.empty()) mark = std::move(end.feed_mark);
        }
        return mark;
    }
    Collector all(const ReadRequest& wanted) {
        Collector collector{wanted.fields};
        const auto plan = connector().plan(wanted, call_);
        EXPECT_TRUE(plan) << plan.error().message;
        if (!plan) return collector;
        EXPECT_FALSE(plan->why.empty());
        const auto done = read(wanted, plan->parts, collector);
        EXPECT_TRUE(done) << done.error().message;
        if (done) mark_ = *done;
        return collector;
    }
    [[nodiscard]] bool is_removed(const Record& record) const {
        const auto flag = record.find(schema_.removal_flag);
        return flag != record.end() && flag->second == "true";
    }

    std::unique_ptr<Candidate> candidate_;
    model::ObjectSchema schema_;
    std::string version_;
    std::string mark_;  ///< of the feed that was read last
    Call call_;
};

TEST_P(Connector, says_who_and_where_it_is) {
    const auto identity = connector().check(call_);
    ASSERT_TRUE(identity) << identity.error().message;
    if (candidate_->quirks.tells_its_user) {
        EXPECT_FALSE(identity->user.empty());
        EXPECT_FALSE(identity->organization_id.empty());
    }
    EXPECT_FALSE(identity->api_version.empty());
    EXPECT_TRUE(identity->server.starts_with("https://"));
    EXPECT_LT(std::chrono::abs(identity->clock_difference), std::chrono::seconds{2});
}

TEST_P(Connector, lists_objects_and_describes_them_in_the_order_of_asking) {
    const auto objects = connector().objects(call_);
    ASSERT_TRUE(objects) << objects.error().message;
    const auto found = std::ranges::find(*objects, candidate_->contact, &ObjectSummary::name);
    ASSERT_NE(found, objects->end());
    EXPECT_TRUE(found->is_readable);
    EXPECT_FALSE(found->label.empty());

    std::vector<DescribeRequest> requests = {{.object = "no_such_object"}, {.object = candidate_->contact}};
    if (connector().abilities().objects_per_describe < 2) requests.erase(requests.begin());
    const auto answers = connector().describe(requests, call_);
    ASSERT_TRUE(answers) << answers.error().message;
    ASSERT_EQ(answers->size(), requests.size());
    ASSERT_TRUE(answers->back());
    EXPECT_EQ(answers->back()->schema.name, candidate_->contact);
    const auto missing = *describe("no_such_object");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found) << missing.error().message;
}

TEST_P(Connector, a_schema_can_be_imported_by) {
    ASSERT_NE(schema_.find(schema_.key), nullptr);
    EXPECT_EQ(schema_.find(schema_.key)->type.kind, model::Kind::identifier);
    ASSERT_NE(schema_.find(schema_.stamp), nullptr);
    EXPECT_EQ(schema_.find(schema_.stamp)->type.kind, model::Kind::instant);
    EXPECT_TRUE(schema_.find(schema_.stamp)->is_filterable);
    ASSERT_NE(schema_.find(schema_.removal_flag), nullptr);
    EXPECT_EQ(schema_.find(schema_.removal_flag)->type.kind, model::Kind::boolean);
    for (const model::FieldSchema& field : schema_.fields) {
        EXPECT_FALSE(field.remote_type.empty()) << field.name;
        if (field.type.kind == model::Kind::enumeration) {
            EXPECT_FALSE(field.values.empty()) << field.name;
        }
        if (field.type.kind == model::Kind::reference) {
            EXPECT_FALSE(field.targets.empty()) << field.name;
        }
    }
    const auto again = model::object_schema_from_json(model::to_json(schema_));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, schema_);
}

TEST_P(Connector, tells_a_description_that_has_not_changed) {
    if (!candidate_->quirks.tells_unchanged_descriptions) GTEST_SKIP() << "a declared quirk";
    ASSERT_FALSE(version_.empty());
    const auto again = *describe(candidate_->contact, version_);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->is_unchanged);
}

TEST_P(Connector, reads_every_record_once_with_its_values) {
    const Collector collected = all(request());
    EXPECT_EQ(collected.keys.size(), static_cast<std::size_t>(contacts));
    EXPECT_EQ(collected.records.size(), static_cast<std::size_t>(contacts));
    if (candidate_->quirks.counts_reads) {
        EXPECT_EQ(collected.expected, contacts);
    }
    std::size_t with_email = 0;
    for (const auto& [key, record] : collected.records) {
        EXPECT_TRUE(record.contains(candidate_->last_name)) << key;
        EXPECT_TRUE(record.contains(schema_.stamp)) << key;
        with_email += record.contains(candidate_->email) ? 1 : 0;
    }
    EXPECT_GT(with_email, collected.records.size() / 4);
}

TEST_P(Connector, a_read_goes_on_after_any_batch_without_gap_or_overlap) {
    const ReadRequest wanted = request();
    Collector whole{wanted.fields};
    const auto plan = connector().plan(wanted, call_);
    ASSERT_TRUE(plan);
    std::vector<Part> parts = plan->parts;
    for (std::size_t at = 0; at < parts.size(); ++at) {
        const std::size_t before = whole.resumes.size();
        const auto end = connector().read(wanted, Part{parts[at]}, whole, call_);
        ASSERT_TRUE(end) << end.error().message;
        const std::size_t rows_of_part = whole.keys.size();
        for (std::size_t i = before; i < whole.resumes.size(); i += 1 + whole.resumes.size() / 6) {
            Collector rest{wanted.fields};
            const auto resumed = connector().read(wanted, whole.resumes[i], rest, call_);
            ASSERT_TRUE(resumed) << resumed.error().message;
            const std::vector<std::string> expected(
                whole.keys.begin() + static_cast<std::ptrdiff_t>(whole.rows_until[i]),
                whole.keys.begin() + static_cast<std::ptrdiff_t>(rows_of_part));
            EXPECT_EQ(rest.keys, expected) << "from " << whole.resumes[i].position;
            EXPECT_EQ(resumed->next, end->next);
        }
        std::ranges::copy(end->next, std::back_inserter(parts));
    }
    EXPECT_GE(whole.resumes.size(), 2U);
}

TEST_P(Connector, a_window_holds_both_of_its_edges) {
    const Records records = all(request()).records;
    std::set<Instant> stamps;
    for (const auto& [key, record] : records) stamps.insert(*parse_instant(record.at(schema_.stamp)));
    ASSERT_GE(stamps.size(), 10U);
    const Instant from = *std::next(stamps.begin(), static_cast<std::ptrdiff_t>(stamps.size() / 3));
    const Instant until = *std::next(stamps.begin(), static_cast<std::ptrdiff_t>(stamps.size() / 2));
    ReadRequest window = request();
    window.index_field = schema_.stamp;
    window.from = from;
    window.until = until;
    std::set<std::string> expected;
    for (const auto& [key, record] : records) {
        const Instant stamp = *parse_instant(record.at(schema_.stamp));
        if (from <= stamp && stamp <= until) expected.insert(key);
    }
    std::set<std::string> got;
    for (const auto& [key, record] : all(window).records) got.insert(key);
    EXPECT_EQ(got, expected);
}

TEST_P(Connector, a_row_limit_is_kept) {
    ReadRequest limited = request();
    limited.row_limit = 700;
    EXPECT_EQ(all(limited).keys.size(), 700U);
}

TEST_P(Connector, a_filter_means_what_it_says) {
    const Records records = all(request()).records;
    const auto fits = [&](std::string_view text, auto is_wanted) {
        const auto filter = model::parse_filter(text);
        ASSERT_TRUE(filter) << filter.error().message;
        const auto condition = connector().condition(*filter, schema_, *connector().now(call_));
        ASSERT_TRUE(condition) << condition.error().message;
        ReadRequest filtered = request();
        filtered.filter = *condition;
        std::set<std::string> expected;
        for (const auto& [key, record] : records)
            if (is_wanted(record)) expected.insert(key);
        std::set<std::string> got;
        for (const auto& [key, record] : all(filtered).records) got.insert(key);
        EXPECT_EQ(got, expected) << *condition;
        EXPECT_LT(got.size(), records.size()) << *condition;
    };
    const std::string email = candidate_->email;
    const std::string last_name = candidate_->last_name;
    fits(email + " is empty", [&](const Record& record) { return !record.contains(email); });
    fits("not (" + email + " is empty)", [&](const Record& record) { return record.contains(email); });
    fits(email + " contains '.com' and " + email + " is not empty", [&](const Record& record) {
        return record.contains(email) && record.at(email).find(".com") != std::string::npos;
    });
    const std::string name = records.begin()->second.at(last_name);
    std::string quoted;
    for (const char c : name) quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    fits(last_name + " = \"" + quoted + "\"", [&](const Record& record) {
        return equal_without_case(record.at(last_name), name) && record.at(last_name).size() == name.size();
    });
}

TEST_P(Connector, a_condition_on_what_cannot_be_a_field_is_refused) {
    const model::Filter filter{.form = model::Filter::Form::comparison,
                               .field = "a) or (b",
                               .op = model::Operator::is,
                               .values = {{.text = "x"}}};
    const auto refused = connector().condition(filter, schema_, Instant{});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid) << refused.error().message;
}

TEST_P(Connector, a_condition_in_the_crms_own_words_cannot_leave_its_parentheses) {
    ReadRequest hostile = request();
    hostile.filter = "1 eq 1) or (1 eq 1";
    const auto plan = connector().plan(hostile, call_);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, ErrorKind::invalid);
}

TEST_P(Connector, a_stop_ends_a_read_with_what_was_handed_over) {
    std::stop_source stop;
    const ReadRequest wanted = request();
    Collector collected{wanted.fields};
    collected.on_put = [&]() -> Result<void> {
        stop.request_stop();
        return {};
    };
    const auto plan = connector().plan(wanted, call_);
    ASSERT_TRUE(plan);
    call_.stop = stop.get_token();
    const auto ended = read(wanted, plan->parts, collected);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().kind, ErrorKind::cancelled) << ended.error().message;
    EXPECT_LT(collected.keys.size(), static_cast<std::size_t>(contacts));
}

TEST_P(Connector, a_sink_that_refuses_ends_a_read_with_its_error) {
    const ReadRequest wanted = request();
    Collector collected{wanted.fields};
    collected.on_put = []() -> Result<void> { return error(ErrorKind::unavailable, "the disk is full"); };
    const auto plan = connector().plan(wanted, call_);
    ASSERT_TRUE(plan);
    const auto ended = read(wanted, plan->parts, collected);
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().message, testing::HasSubstr("the disk is full"));
}

TEST_P(Connector, a_session_that_ends_in_the_middle_is_begun_again) {
    if (!candidate_->quirks.renews_logins) GTEST_SKIP() << "a declared quirk";
    Collector collected{fields()};
    const ReadRequest wanted = request();
    collected.on_put = [&]() -> Result<void> {
        if (collected.resumes.size() == 1) candidate_->end_sessions();
        return {};
    };
    const auto plan = connector().plan(wanted, call_);
    ASSERT_TRUE(plan);
    const auto done = read(wanted, plan->parts, collected);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(collected.records.size(), static_cast<std::size_t>(contacts));
}

TEST_P(Connector, counts_the_calls_that_the_crm_charges) {
    all(request());
    EXPECT_TRUE(connector().check(call_));
    EXPECT_EQ(connector().usage().charged_calls, candidate_->charged_calls());
}

TEST_P(Connector, changes_come_in_their_window_and_deletions_where_it_holds_them) {
    const Instant before = *connector().now(call_);
    candidate_->pass(std::chrono::seconds{5});
    candidate_->change(20, 5, 3);
    ReadRequest window = request();
    window.index_field = schema_.stamp;
    window.from = before + std::chrono::seconds{1};
    window.until = *connector().now(call_);
    const Records changed = all(window).records;
    const auto removed = static_cast<std::size_t>(
        std::ranges::count_if(changed, [&](const auto& each) { return is_removed(each.second); }));
    EXPECT_EQ(removed, candidate_->quirks.has_deletions_in_windows ? 5U : 0U);
    EXPECT_GE(changed.size() - removed, 3U);
    EXPECT_LE(changed.size() - removed, 23U);
}

TEST_P(Connector, a_feed_brings_all_then_changes_and_tombstones_then_nothing) {
    if (!schema_.has_feed) GTEST_SKIP() << "the object has no feed";
    ReadRequest feed = request();
    feed.by_feed = true;
    const Records first = all(feed).records;
    EXPECT_EQ(first.size(), static_cast<std::size_t>(contacts));
    ASSERT_FALSE(mark_.empty());
    candidate_->pass(std::chrono::seconds{5});
    candidate_->change(20, 5, 3);
    feed.feed_mark = mark_;
    const Collector changes = all(feed);
    std::size_t removed = 0;
    for (const auto& [key, record] : changes.records) {
        if (!is_removed(record)) continue;
        ++removed;
        EXPECT_TRUE(first.contains(key));
        EXPECT_FALSE(record.contains(schema_.stamp)) << "a tombstone has key and flag alone";
    }
    EXPECT_EQ(removed, 5U);
    EXPECT_GE(changes.records.size() - removed, 3U);
    EXPECT_NE(mark_, feed.feed_mark);
    feed.feed_mark = mark_;
    EXPECT_TRUE(all(feed).records.empty());
}

TEST_P(Connector, a_feed_whose_mark_is_too_old_says_so) {
    if (!schema_.has_feed) GTEST_SKIP() << "the object has no feed";
    ReadRequest feed = request();
    feed.by_feed = true;
    all(feed);
    candidate_->change(1, 0, 0);
    candidate_->expire_feeds();
    feed.feed_mark = mark_;
    Collector collected{feed.fields};
    const auto plan = connector().plan(feed, call_);
    ASSERT_TRUE(plan);
    const auto refused = read(feed, plan->parts, collected);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::expired) << refused.error().message;
}

TEST_P(Connector, several_threads_may_read_at_once) {
    const ReadRequest wanted = request();
    const auto plan = connector().plan(wanted, call_);
    ASSERT_TRUE(plan);
    std::array<Collector, 3> collected{Collector{wanted.fields}, Collector{wanted.fields},
                                       Collector{wanted.fields}};
    {
        std::vector<std::jthread> threads;
        for (Collector& each : collected) {
            threads.emplace_back([&] { EXPECT_TRUE(read(wanted, plan->parts, each)); });
        }
    }
    for (const Collector& each : collected)
        EXPECT_EQ(each.records.size(), static_cast<std::size_t>(contacts));
}

INSTANTIATE_TEST_SUITE_P(Each, Connector,
                         testing::Values(Row{"salesforce", salesforce}, Row{"dynamics", dynamics_365},
                                         Row{"odata", plain_odata}),
                         [](const auto& made) { return std::string{made.param.name}; });

}  // namespace
}  // namespace koppla::conformance
