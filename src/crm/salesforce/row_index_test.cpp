#include "crm/salesforce/row_index.h"

#include "crm/salesforce/test/writing.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace koppla::salesforce {
namespace {

RowMark mark(std::string_view text) {
    RowMark made;
    made.add(text);
    return made;
}

TEST(RowIndex, RowsAreFoundOnceEach) {
    RowIndex index;
    index.add(mark("b"), 2);
    index.add(mark("a"), 1);
    index.sort();
    EXPECT_EQ(index.meet(mark("a"))->number, 1);
    EXPECT_FALSE(index.meet(mark("a")));
    EXPECT_FALSE(index.meet(mark("c")));
    EXPECT_EQ(index.left(), std::vector<std::int64_t>{2});
    index.start_over();
    EXPECT_FALSE(index.meet(mark("a"))->is_first_time);
    EXPECT_TRUE(index.meet(mark("b"))->is_first_time);
    EXPECT_TRUE(index.left().empty());
}

TEST(RowIndex, AnIdIsTheSameInBothForms) {
    RowMark brief, full, other;
    brief.add_id("001xx000003DGb2");
    full.add_id("001xx000003DGb2AAG");
    other.add_id("001xx000003DGB2");
    EXPECT_EQ(brief, full);
    EXPECT_NE(brief, other);
}

TEST(RowIndex, CellsDontRunIntoEachOther) {
    RowMark one, other;
    one.add(std::string_view{"ab"});
    one.add(std::string_view{"c"});
    other.add(std::string_view{"a"});
    other.add(std::string_view{"bc"});
    EXPECT_NE(one, other);
    EXPECT_NE(mark(std::string_view{"a\0", 2}), mark("a"));
}

RC_GTEST_PROP(RowIndexProperty, EqualRowsAreInterchangeableAndNoneIsTakenTwice, ()) {
    const auto texts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("", "a", "b", "key-1", "a longer key than a word", "ä"));
    RowIndex index;
    std::multiset<std::string> sent{texts.begin(), texts.end()};
    for (std::size_t i = 0; i < texts.size(); ++i) index.add(mark(texts[i]), static_cast<std::int64_t>(i));
    index.sort();
    std::set<std::int64_t> taken;
    for (const std::string& text : sent) {
        const auto met = index.meet(mark(text));
        RC_ASSERT(met.has_value());
        RC_ASSERT(met->is_first_time);
        RC_ASSERT(texts.at(static_cast<std::size_t>(met->number)) == text);
        RC_ASSERT(taken.insert(met->number).second);
    }
    RC_ASSERT(index.left().empty());
}

}  // namespace
}  // namespace koppla::salesforce
