#include "transfer/merge.h"

#include "db/test/any_database.h"
#include "platform/local_table.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace koppla {
namespace {

/// A store with the table of a small object, and staging that is filled from literals.
class Merging : public db::DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        make_table();
    }
    virtual void make_table() {
        schema_.local_table = "a_thing";
        for (const char* name : {"id", "name", "stamp"})
            schema_.fields.push_back({.name = name, .column = name});
        schema_.fields[0].type.kind = model::Kind::identifier;
        schema_.fields[2].type.kind = model::Kind::instant;
        auto transaction = begin();
        EXPECT_TRUE(transaction->execute(create_table_sql(schema_, database->dialect())));
        EXPECT_TRUE(transaction->commit());
    }

    std::unique_ptr<db::Transaction> begin() { return std::move(*database->begin(db::Access::write, {})); }
    MergeTarget target() {
        MergeTarget result{.schema = schema_, .fields = {}, .adds_rows = adds_rows_, .removals = removals_};
        for (const model::FieldSchema& field : schema_.fields) result.fields.push_back(&field);
        return result;
    }
    void make_indexes() {
        auto transaction = begin();
        for (const std::string& sql : create_index_sql(schema_, database->dialect())) {
            ASSERT_TRUE(transaction->execute(sql)) << sql;
        }
        ASSERT_TRUE(transaction->commit());
    }
    /// Stamps are told by their minute.
    static std::string instant(std::string_view minute) {
        return fmt::format("2026-11-01T00:{:0>2}:00.000Z", minute);
    }
    static std::string minute(const db::Cursor& cursor, int column) {
        return std::to_string(std::stoi(std::string{cursor.text(column).substr(14, 2)}));
    }
    static model::Batch batch_of(const std::vector<std::vector<const char*>>& rows) {
        model::Batch batch;
        batch.recycle(3);
        for (const auto& row : rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                const std::string value = row[i] == nullptr ? "" : i == 2 ? instant(row[i]) : row[i];
                batch.push(row[i] == nullptr ? model::Cell::null() : model::Cell::of(batch.keep(value)));
            }
        }
        return batch;
    }
    using Storing = Result<MergeCounts>(db::Transaction&, const db::Dialect&, const MergeTarget&,
                                        std::string_view);
    using Rows = std::vector<std::vector<const char*>>;
    MergeCounts merge_rows(const Rows& rows) { return store_rows(rows, merge); }
    MergeCounts fill_rows(const Rows& rows) { return store_rows(rows, fill); }
    MergeCounts store_rows(const Rows& rows, Storing* how) {
        auto staging = std::move(*database->begin_staging("thing", loader_columns(target())));
        EXPECT_TRUE(staging->append(batch_of(rows)));
        EXPECT_TRUE(staging->finish());
        auto transaction = begin();
        const auto counts = how(*transaction, database->dialect(), target(), staging->name());
        EXPECT_TRUE(counts) << counts.error().message;
        EXPECT_TRUE(transaction->commit());
        return counts ? *counts : MergeCounts{};
    }
    std::string content() {
        auto transaction = std::move(*database->begin(db::Access::read, {}));
        auto cursor =
            std::move(*transaction->query("select id, name, stamp from a_thing order by id, stamp"));
        std::string text;
        while (*cursor->next()) {
            text += std::string{cursor->text(0)} + "=" +
                    (cursor->is_null(1) ? "null" : std::string{cursor->text(1)}) + "@" + minute(*cursor, 2) +
                    " ";
        }
        return text;
    }

    bool adds_rows_ = true;
    Removals removals_ = Removals::rows;
    model::ObjectSchema schema_{.name = "Thing", .key = "id", .stamp = "stamp"};
};

TEST_P(Merging, adds_changes_and_leaves_alone) {
    make_indexes();
    EXPECT_EQ(merge_rows({{"1", "a", "10"}, {"2", "b", "10"}}).added, 2);
    const MergeCounts counts = merge_rows({{"1", "a", "10"}, {"2", "B", "11"}, {"3", nullptr, "11"}});
    EXPECT_EQ(counts.added, 1);
    EXPECT_EQ(counts.changed, 1);
    EXPECT_EQ(counts.unchanged, 1);
    EXPECT_EQ(content(), "1=a@10 2=B@11 3=null@11 ");
}

TEST_P(Merging, rows_that_the_table_lacks_are_left_out_where_none_are_to_be_added) {
    make_indexes();
    merge_rows({{"1", "a", "10"}});
    adds_rows_ = false;
    const MergeCounts counts = merge_rows({{"1", "b", "10"}, {"2", "c", "10"}});
    EXPECT_EQ(counts.added, 0);
    EXPECT_EQ(counts.changed, 1);
    EXPECT_EQ(content(), "1=b@10 ");
}

TEST_P(Merging, a_version_already_passed_has_no_effect) {
    make_indexes();
    merge_rows({{"1", "new", "20"}});
    EXPECT_EQ(merge_rows({{"1", "old", "10"}}).unchanged, 1);
    EXPECT_EQ(content(), "1=new@20 ");
}

TEST_P(Merging, null_and_text_differ_and_null_equals_null) {
    make_indexes();
    merge_rows({{"1", nullptr, "10"}});
    EXPECT_EQ(merge_rows({{"1", nullptr, "10"}}).unchanged, 1);
    EXPECT_EQ(merge_rows({{"1", "a", "10"}}).changed, 1);
    EXPECT_EQ(merge_rows({{"1", nullptr, "10"}}).changed, 1);
}

TEST_P(Merging, of_a_key_staged_twice_the_newest_counts) {
    make_indexes();
    const MergeCounts counts = merge_rows({{"1", "newest", "30"}, {"1", "older", "10"}, {"2", "b", "10"}});
    EXPECT_EQ(counts.added, 2);
    EXPECT_EQ(content(), "1=newest@30 2=b@10 ");
}

TEST_P(Merging, an_empty_table_is_filled_and_gets_its_indexes) {
    EXPECT_EQ(fill_rows({{"1", "a", "10"}, {"2", nullptr, "10"}}).added, 2);
    EXPECT_EQ(content(), "1=a@10 2=null@10 ");
    EXPECT_EQ(merge_rows({{"2", "b", "20"}}).changed, 1);
}

TEST_P(Merging, an_empty_table_filled_with_a_key_twice_has_the_newest) {
    const MergeCounts counts = fill_rows({{"1", "older", "10"}, {"2", "b", "10"}, {"1", "newest", "30"}});
    EXPECT_EQ(counts.added, 2);
    EXPECT_EQ(counts.unchanged, 1);
    EXPECT_EQ(content(), "1=newest@30 2=b@10 ");
    EXPECT_EQ(merge_rows({{"2", "c", "20"}}).changed, 1);
}

TEST_P(Merging, a_table_of_another_form_is_filled_by_names) {
    {
        auto transaction = begin();
        ASSERT_TRUE(transaction->execute("drop table a_thing"));
        ASSERT_TRUE(transaction->execute("create table a_thing (stamp " +
                                         database->dialect().column_type({.kind = model::Kind::instant}) +
                                         ", more text, name text, id text)"));
        ASSERT_TRUE(transaction->commit());
    }
    EXPECT_EQ(fill_rows({{"1", "a", "10"}}).added, 1);
    EXPECT_EQ(content(), "1=a@10 ");
}

/// An object whose deletions come as tombstones: key and flag alone.
class MergingAFeed : public Merging {
  protected:
    void make_table() override {
        Merging::make_table();
        schema_.fields[1] = {.name = "gone", .type = {.kind = model::Kind::boolean}, .column = "gone"};
        schema_.removal_flag = "gone";
        schema_.local_table = "a_fed_thing";
        removals_ = Removals::tombstones;
        auto transaction = begin();
        EXPECT_TRUE(transaction->execute(create_table_sql(schema_, database->dialect())));
        EXPECT_TRUE(transaction->commit());
        make_indexes();
    }
    std::string state() {
        auto transaction = std::move(*database->begin(db::Access::read, {}));
        auto cursor = std::move(*transaction->query("select id, gone, stamp from a_fed_thing order by id"));
        std::string text;
        while (*cursor->next())
            text += std::string{cursor->text(0)} + (cursor->integer(1) == 1 ? "x@" : "@") +
                    minute(*cursor, 2) + " ";
        return text;
    }
};

TEST_P(MergingAFeed, a_tombstone_marks_the_row_and_leaves_its_other_columns) {
    merge_rows({{"1", "false", "10"}, {"2", "false", "10"}});
    const Rows rows = {{"1", "true", nullptr}, {"9", "true", nullptr}, {"3", "false", "5"}};
    EXPECT_EQ(merge_rows(rows), (MergeCounts{.added = 1, .changed = 1, .unchanged = 1}));
    EXPECT_EQ(state(), "1x@10 2@10 3@5 ");
    EXPECT_EQ(merge_rows(rows), (MergeCounts{.added = 0, .changed = 0, .unchanged = 3}));
}

TEST_P(MergingAFeed, a_record_that_was_changed_and_then_deleted_is_deleted) {
    merge_rows({{"1", "false", "10"}});
    merge_rows({{"1", "false", "20"}, {"1", "true", nullptr}});
    EXPECT_EQ(state(), "1x@10 ");
    EXPECT_EQ(merge_rows({{"1", "false", "20"}}).changed, 1);
    EXPECT_EQ(state(), "1@20 ");
}

TEST_P(MergingAFeed, the_feeds_order_counts_whatever_a_stamp_says) {
    merge_rows({{"1", "false", "20"}});
    EXPECT_EQ(merge_rows({{"1", "false", "10"}}).changed, 1);
    EXPECT_EQ(state(), "1@10 ");
}

TEST_P(MergingAFeed, what_a_whole_feed_does_not_hold_is_marked_but_for_what_was_refused) {
    merge_rows({{"1", "false", "10"}, {"2", "false", "10"}, {"3", "false", "10"}, {"4", "true", nullptr}});
    store_rows({{"1", "false", "10"}},
               [](db::Transaction& transaction, const db::Dialect& dialect, const MergeTarget& wanted,
                  std::string_view staging) -> Result<MergeCounts> {
                   const std::vector<std::string> refused = {"3"};
                   EXPECT_EQ(*mark_missing(transaction, dialect, wanted, staging, refused), 1);
                   return MergeCounts{};
               });
    EXPECT_EQ(state(), "1@10 2x@10 3@10 ");
}

INSTANTIATE_TEST_SUITE_P(On, Merging, db::every_database(), db::name_of);
INSTANTIATE_TEST_SUITE_P(On, MergingAFeed, db::every_database(), db::name_of);

}  // namespace
}  // namespace koppla
