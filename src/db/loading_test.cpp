#include "db/test/any_database.h"
#include "db/test/rows.h"

#include <gmock/gmock.h>

namespace koppla::db {
namespace {

using model::Batch;
using model::Cell;
using model::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

class Loading : public OfEveryKind<DatabaseTest> {
  protected:
    /// What a column holds, as text, after one cell was loaded into it.
    std::string kept(std::size_t column, std::string_view text) {
        run("delete from t");
        EXPECT_EQ(load(column, text), "");
        return cells("select \"" + columns()[column].name + "\" from t").at(0);
    }
};

TEST_P(Loading, stores_every_kind_exactly) {
    make_table();
    const std::string hostile = "it's \"quoted\",\r\nnext \\ \xF0\x9F\x98\x80 \xD8\xB9; drop table t; --";
    Batch batch;
    batch.recycle(columns().size());
    for (const char* cell : {"true", "9223372036854775807", "1234567890123.45", "1234567890123456.78"})
        batch.push(Cell::of(cell));
    batch.push(Cell::of(hostile));
    for (const char* cell : {"2026-11-01", "2026-11-01T10:00:00.123Z", "2026-11-01T10:00:00.000"})
        batch.push(Cell::of(cell));
    for (const char* cell : {"false", "-9223372036854775808", "-0.1", "0.1"}) batch.push(Cell::of(cell));
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

    EXPECT_THAT(cells("select whole, number, wide, text, day, instant, wall from t where flag"),
                ElementsAre("9223372036854775807", "1234567890123.45", "1234567890123456.78", hostile,
                            "2026-11-01", "2026-11-01T10:00:00.123Z", "2026-11-01T10:00:00.000"));
    EXPECT_THAT(cells("select whole, number, wide, text, day, instant, wall from t where not flag"),
                ElementsAre("-9223372036854775808", "-0.1", "0.1", "", "NULL", "NULL", "NULL"));
    auto reader = begin(Access::read);
    auto cursor = *reader->query("select number, flag from t where flag");
    ASSERT_TRUE(*cursor->next());
    EXPECT_EQ(cursor->real(0), 1234567890123.45);
    EXPECT_EQ(cursor->integer(1), 1);
}

TEST_P(Loading, keeps_dates_and_instants_far_from_now) {
    make_table();
    for (const char* day :
         {"0001-01-01", "1600-02-29", "1969-12-31", "1999-12-31", "2000-02-29", "9999-12-31"}) {
        EXPECT_EQ(kept(5, day), day);
        const std::string last = std::string{day} + "T23:59:59.999";
        EXPECT_EQ(kept(6, last + "Z"), last + "Z");
        EXPECT_EQ(kept(7, last), last);
    }
}

TEST_P(Loading, keeps_every_digit_of_a_wide_number) {
    make_table();
    for (const char* number :
         {"0", "1", "-1", "9999", "10000", "100000000", "12345678901234567890.123456789", "0.0001", "0.00001",
          "-0.12345", "10000.0001", "123456789.1", "1000000000000000000000"}) {
        EXPECT_EQ(kept(3, number), number);
    }
}

TEST_P(Loading, refuses_what_a_column_cant_hold_naming_column_and_value) {
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
}

TEST_P(Loading, refuses_a_batch_of_another_width) {
    make_table();
    auto transaction = begin(Access::write);
    auto loader = *transaction->loader("t", columns());
    Batch batch;
    batch.recycle(3);
    batch.add_row();
    EXPECT_FALSE(loader->append(batch));
}

TEST_P(Loading, doesnt_keep_a_batchs_page) {
    make_table();
    auto transaction = begin(Access::write);
    auto loader = *transaction->loader("t", columns());
    for (const char* text : {"first", "second"}) {
        Batch batch;
        batch.recycle(columns().size());
        batch.replace(4, batch.add_row(), text);
        ASSERT_TRUE(loader->append(batch));
    }
    EXPECT_THAT(cells(*transaction, "select text from t"), ElementsAre("first", "second"));
    EXPECT_EQ(*loader->finish(), 2);
}

INSTANTIATE_TEST_SUITE_P(On, Loading, every_database(), name_of);

}  // namespace
}  // namespace koppla::db
