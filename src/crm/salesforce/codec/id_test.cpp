#include "crm/salesforce/codec/id.h"

#include <string>

#include <gtest/gtest.h>

namespace koppla::salesforce {
namespace {

std::string lengthened(std::string_view id) {
    const auto found = long_id(id);
    return found ? std::string{found->begin(), found->end()} : "none";
}

TEST(Ids, TheLongFormIsThatOfPublishedPairs) {
    EXPECT_EQ(lengthened("001xx000003DGb2"), "001xx000003DGb2AAG");
    EXPECT_EQ(lengthened("001R00000064wc7"), "001R00000064wc7IAA");
    EXPECT_EQ(lengthened("001D000000IRFma"), "001D000000IRFmaIAH");
    EXPECT_EQ(lengthened("000000000000000"), "000000000000000AAA");
    EXPECT_EQ(lengthened("012000000000000"), "012000000000000AAA");
}

TEST(Ids, WhatIsNoIdIsLeftAlone) {
    for (const std::string_view text :
         {"", "001xx000003DGb", "001xx000003DGb2A", "001xx000003DG-2", "001xx000003DGbé"}) {
        EXPECT_EQ(lengthened(text), "none") << text;
        EXPECT_FALSE(is_id(text)) << text;
    }
    EXPECT_TRUE(is_id("001xx000003DGb2"));
    EXPECT_TRUE(is_id("001xx000003DGb2AAG"));
    EXPECT_FALSE(is_id("001xx000003DGb2AAA"));
}

TEST(Ids, OnlyTheNamedColumnsOfABatchAreLengthened) {
    model::Batch batch;
    batch.recycle(3);
    batch.push(model::Cell::of("001xx000003DGb2"));
    batch.push(model::Cell::of("001xx000003DGb2"));
    batch.push(model::Cell::null());
    const std::array<std::size_t, 2> columns = {0, 2};
    lengthen_ids(batch, columns);
    EXPECT_EQ(batch.cell(0, 0).text(), "001xx000003DGb2AAG");
    EXPECT_EQ(batch.cell(1, 0).text(), "001xx000003DGb2");
    EXPECT_EQ(batch.cell(2, 0).state, model::Cell::State::null);
}

}  // namespace
}  // namespace koppla::salesforce
