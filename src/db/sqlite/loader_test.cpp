#include "db/sqlite/fixture.h"

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using model::Batch;
using model::Cell;
using model::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Loading : public SqliteTest {
  protected:
    static std::vector<LoaderColumn> columns() {
        return {{.name = "flag", .type = {.kind = Kind::boolean}},
                {.name = "whole", .type = {.kind = Kind::integer}},
                {.name = "number", .type = {.kind = Kind::decimal, .precision = 15, .scale = 2}},
                {.name = "wide", .type = {.kind = Kind::decimal, .precision = 18, .scale = 2}},
                {.name = "text", .type = {.kind = Kind::text}},
                {.name = "day", .type = {.kind = Kind::date}},
                {.name = "instant", .type = {.kind = Kind::instant}}};
    }
    void make_table() {
        std::string sql;
        for (const auto& column : columns()) {
            sql += (sql.empty() ? "create table t (" : ", ") + database->dialect().quoted(column.name) + " " +
                   database->dialect().column_type(column.type);
        }
        run(sql + ")");
    }
    /// Loads one row, the other cells null; the error's message, or empty.
    std::string load(std::size_t column, std::string_view text) {
        auto transaction = begin(Access::write);
        auto loader = *transaction->loader("t", columns());
        Batch batch;
        batch.recycle(columns().size());
        batch.add_row();
        batch.cell(column, 0) = Cell::of(text);
        const auto appended = loader->append(batch);
        loader.reset();
        if (!appended) {
            EXPECT_EQ(appended.error().kind, ErrorKind::invalid);
            return appended.error().message;
        }
        EXPECT_TRUE(transaction->commit());
        return {};
    }
};

TEST_F(Loading, stores_every_kind_exactly) {
    make_table();
    const std::string hostile = "it's \"quoted\",\r\nnext \xF0\x9F\x98\x80 \xD8\xB9; drop table t; --";
    Batch batch;
    batch.recycle(7);
    for (const char* cell : {"true", "9223372036854775807", "1234567890123.45", "1234567890123456.78"}) {
        batch.push(Cell::of(cell));
    }
    batch.push(Cell::of(hostile));
    batch.push(Cell::of("2026-11-01"));
    batch.push(Cell::of("2026-11-01T10:00:00.000Z"));
    for (const char* cell : {"false", "-9223372036854775808", "-0.1", "0.10"}) batch.push(Cell::of(cell));
    batch.push(Cell::of({}));
    batch.push(Cell::null());
    batch.push(Cell{});
    auto transaction = begin(Access::write);
    auto loader = *transaction->loader("t", columns());
    ASSERT_TRUE(loader->append(batch));
    EXPECT_EQ(*loader->finish(), 2);
    loader.reset();
    ASSERT_TRUE(transaction->commit());

    EXPECT_THAT(
        cells("select typeof(flag), flag, typeof(whole), whole, typeof(number), number, typeof(wide), wide"
              " from t limit 1"),
        ElementsAre("integer", "1", "integer", "9223372036854775807", "real", "1234567890123.45", "text",
                    "1234567890123456.78"));
    EXPECT_THAT(cells("select text, typeof(day), day, typeof(instant), instant from t limit 1"),
                ElementsAre(hostile, "text", "2026-11-01", "text", "2026-11-01T10:00:00.000Z"));
    EXPECT_THAT(
        cells("select flag, whole, number, wide, typeof(text), text, day, instant from t limit 1 offset 1"),
        ElementsAre("0", "-9223372036854775808", "-0.1", "0.10", "text", "", "NULL", "NULL"));
    auto reader = begin(Access::read);
    auto cursor = *reader->query("select number from t");
    ASSERT_TRUE(*cursor->next());
    EXPECT_EQ(cursor->real(0), 1234567890123.45);
}

TEST_F(Loading, refuses_what_a_column_cant_hold_naming_column_and_value) {
    make_table();
    for (const char* text : {"yes", "1", "", "TRUE"}) EXPECT_THAT(load(0, text), HasSubstr("'flag'")) << text;
    for (const char* text :
         {"9223372036854775808", "-9223372036854775809", "1.0", "+1", " 1", "1 ", "", "-", "0x10"}) {
        EXPECT_THAT(load(1, text), HasSubstr(std::string{"'"} + text + "'")) << text;
    }
    for (const char* text : {"1e5", "inf", "nan", "-inf", "1,5", "", "-", ".", "1.5.2", "0x1"}) {
        EXPECT_THAT(load(2, text), HasSubstr("'number'")) << text;
    }
    EXPECT_THAT(cells("select count(*) from t"), ElementsAre("0"));
    EXPECT_THAT(load(3, "whatever was checked before"), IsEmpty());
}

TEST_F(Loading, refuses_a_batch_of_another_width) {
    make_table();
    auto transaction = begin(Access::write);
    auto loader = *transaction->loader("t", columns());
    Batch batch;
    batch.recycle(3);
    batch.add_row();
    EXPECT_FALSE(loader->append(batch));
}

TEST_F(Loading, doesnt_keep_a_batchs_page) {
    make_table();
    auto transaction = begin(Access::write);
    auto loader = *transaction->loader("t", columns());
    for (const char* text : {"first", "second"}) {
        Batch batch;
        batch.recycle(7);
        batch.replace(4, batch.add_row(), text);
        ASSERT_TRUE(loader->append(batch));
    }
    EXPECT_THAT(cells(*transaction, "select text from t"), ElementsAre("first", "second"));
}

}  // namespace
}  // namespace koppla::db
