#include "db/sqlite/fixture.h"
#include "db/test/rows.h"

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using model::Batch;
using model::Cell;
using model::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

class SqliteLoading : public OfEveryKind<SqliteTest> {};

TEST_F(SqliteLoading, stores_every_kind_exactly) {
    make_table();
    const std::string hostile = "it's \"quoted\",\r\nnext \xF0\x9F\x98\x80 \xD8\xB9; drop table t; --";
    Batch batch;
    batch.recycle(8);
    for (const char* cell : {"true", "9223372036854775807", "1234567890123.45", "1234567890123456.78"}) {
        batch.push(Cell::of(cell));
    }
    batch.push(Cell::of(hostile));
    batch.push(Cell::of("2026-11-01"));
    batch.push(Cell::of("2026-11-01T10:00:00.000Z"));
    batch.push(Cell::of("2026-11-01T10:00:00.000"));
    for (const char* cell : {"false", "-9223372036854775808", "-0.1", "0.10"}) batch.push(Cell::of(cell));
    batch.push(Cell::of({}));
    batch.push(Cell::null());
    batch.push(Cell{});
    batch.push(Cell::null());
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

TEST_F(SqliteLoading, keeps_numbers_wider_than_its_own_as_they_are_written) {
    make_table();
    EXPECT_THAT(load(3, "whatever was checked before"), IsEmpty());
    EXPECT_THAT(cells("select wide from t"), ElementsAre("whatever was checked before"));
}

}  // namespace
}  // namespace koppla::db
