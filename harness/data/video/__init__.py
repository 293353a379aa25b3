"""Frames and optical flow of one video file or folder of frames."""
