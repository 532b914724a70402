-- The property data has a database of its own, beside Concord's rows.
CREATE DATABASE warehouse OWNER concord;
